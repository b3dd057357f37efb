import DurableFiles
import Foundation
import Testing

@testable import SnapshotStore

/// What arrived on the disk is compared with what was meant, not certified by a checksum of itself.
@Suite struct ReadBackTests {
  private func written(_ path: String) throws -> SafetensorsWriter {
    let layout = try SafetensorsLayout(
      metadata: ["a": "b"],
      tensors: [
        TensorPlace(name: "long", type: .unsigned8, shape: [3_000_000]),
        TensorPlace(name: "none", type: .float32, shape: [0]), TensorPlace(name: "wide", type: .float64, shape: [4]),
      ])
    let writer = try SafetensorsWriter(path, layout)
    let long = try #require(layout["long"])
    let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try bytes.withUnsafeBytes { bytes in
      for start in stride(from: 0, to: bytes.count, by: 700_000) {
        let part = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + 700_000, bytes.count)])
        try writer.write(part, to: long, at: UInt64(start))
      }
    }
    try writer.write(.float64([1, 2, 3, 4]), to: #require(layout["wide"]))
    return writer
  }

  @Test func theChecksumIsThatOfTheFile() throws {
    let fixture = try Fixture()
    let path = fixture.directory.path("file")
    #expect(try written(path).readBack() == Checksum.xxh3Hex128(ofFile: path))
  }

  @Test func aByteThatIsLostOnItsWayIsNoticed() throws {
    let fixture = try Fixture()
    let path = fixture.directory.path("file")
    let writer = try written(path)
    let good = try fixture.bytes(path)
    let dataStart = Int(writer.layout.dataStart)
    for (place, part) in [
      (3, "header"), (dataStart - 1, "header"), (dataStart, "'wide'"), (dataStart + 31, "'wide'"),
      (dataStart + 32, "'long'"), (good.count - 1, "'long'"),
    ] {
      // Behind the writer's back, as a write that says more than it did.
      let file = try OpenFile(path, .update)
      try file.write([good[place] ^ 4], at: UInt64(place))
      let problem = #expect(throws: SnapshotProblem.self) { try writer.readBack() }
      #expect(problem?.kind == .damaged && problem?.message.contains(part) == true)
      try file.write([good[place]], at: UInt64(place))
    }
    for length in [good.count - 1, good.count + 1] {
      try OpenFile(path, .update).truncate(to: UInt64(length))
      let problem = #expect(throws: SnapshotProblem.self) { try writer.readBack() }
      #expect(problem?.kind == .damaged)
    }
  }

  @Test func bytesOfATensorComeInOrderAndToItsEnd() throws {
    let fixture = try Fixture()
    let layout = try SafetensorsLayout(
      metadata: [:], tensors: [TensorPlace(name: "a", type: .unsigned8, shape: [4])])
    let writer = try SafetensorsWriter(fixture.directory.path("file"), layout)
    let place = try #require(layout["a"])
    try [UInt8](repeating: 1, count: 2).withUnsafeBytes { bytes in
      #expect(throws: SnapshotProblem.self) { try writer.write(bytes, to: place, at: 2) }
      try writer.write(bytes, to: place, at: 0)
      #expect(throws: SnapshotProblem.self) { try writer.readBack() }
      #expect(throws: SnapshotProblem.self) { try writer.write(bytes, to: place, at: 0) }
    }
  }

  /// The snapshot fails, the last good one stays current, and the next attempt succeeds.
  @Test func aSnapshotThatArrivedOtherwiseIsNotKept() throws {
    let fixture = try Fixture()
    do { _ = try fixture.series(1) }
    let model = try fixture.restored(1)
    Fixture.learn(100..<200, model)
    let file = fixture.archive.path("tmp-000002/model.safetensors")
    do {
      let store = try fixture.open { (step) throws(SnapshotProblem) in
        guard step == .rowsWritten, let file = try? OpenFile(file, .update), let size = try? file.size() else { return }
        try? file.write([0xff, 0xfe, 0xfd], at: size / 2)
      }
      let problem = #expect(throws: SnapshotProblem.self) { try fixture.snapshot(model, in: store) }
      #expect(problem?.kind == .damaged && problem?.message.contains("read back otherwise") == true)
      #expect(store.currentID == 1)
    }
    let store = try fixture.open()
    #expect(try fixture.snapshot(model, in: store).parent == 1)
  }
}
