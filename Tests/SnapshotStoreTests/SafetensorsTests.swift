import Foundation
import TestSupport
import Testing

@testable import SnapshotStore

@Suite struct SafetensorsTests {
  let directory: TemporaryDirectory
  let path: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.path("file.safetensors")
  }

  private func file(header: String, data: Int) throws -> SafetensorsFile {
    let json = Array(header.utf8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) }
    try Data(length + json + [UInt8](repeating: 1, count: data)).write(to: URL(fileURLWithPath: path))
    return try SafetensorsFile(path)
  }

  private func tensor(_ name: String, _ type: String = "F32", _ shape: String = "[2]", _ offsets: String) -> String {
    "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  @Test func everyTypeComesBackBitForBit() throws {
    let tensors = [
      Tensor("f64", .float64([.nan, -0.0, .infinity])), Tensor("i64", .signed64([.min, .max])),
      Tensor("u64", shape: [1, 2], .unsigned64([.max, 0])), Tensor("f32", shape: [], .float32([1.5])),
      Tensor("u32", .unsigned32([.max])), Tensor("u8", shape: [3, 0], .unsigned8([])),
      Tensor("name \"\\\n\u{1}ü", .unsigned8([1, 2, 3])),
    ]
    let metadata = ["a": "\"quoted\"\\\u{0}", "ü": ""]
    let layout = try SafetensorsLayout(
      metadata: metadata, tensors: tensors.map { TensorPlace(name: $0.name, type: $0.type, shape: $0.shape) })
    #expect(layout.dataStart % 64 == 0)
    let writer = try SafetensorsWriter(path, layout)
    for tensor in tensors {
      let place = try #require(layout[tensor.name])
      #expect((layout.dataStart + place.offset) % UInt64(place.type.size) == 0)
      try writer.write(tensor.values, to: place)
    }
    let file = try SafetensorsFile(path)
    #expect(file.metadata == metadata)
    for tensor in tensors {
      let read = try file.tensor(#require(file[tensor.name]))
      #expect(read.shape == tensor.shape)
      try tensor.values.withBytes { (wanted) throws(SnapshotProblem) in
        try read.values.withBytes { (got) throws(SnapshotProblem) in #expect(got.elementsEqual(wanted)) }
      }
    }
  }

  @Test func theLayoutDoesNotDependOnTheOrderOfItsTensors() throws {
    let places = ["b", "a", "c"].map { TensorPlace(name: $0, type: $0 == "c" ? .float64 : .unsigned8, shape: [3]) }
    let one = try SafetensorsLayout(metadata: [:], tensors: places)
    let other = try SafetensorsLayout(metadata: [:], tensors: places.reversed())
    #expect(one.header == other.header)
    #expect(one.places.map(\.name) == ["c", "a", "b"])
    #expect(throws: SnapshotProblem.self) {
      try SafetensorsLayout(metadata: [:], tensors: places + places)
    }
  }

  @Test func wellFormedHeadersAreRead() throws {
    #expect(try file(header: "{}", data: 0).places.isEmpty)
    #expect(try file(header: "{\"__metadata__\":{}} ", data: 0).metadata.isEmpty)
    let spaced =
      "{ \"__metadata__\" : { \"k\" : \"\\u00e9\\ud83d\\ude00\\n\" } , "
      + tensor("b", "F32", "[ 1 , 2 ]", "[4, 12]") + ",\n" + tensor("a", "U8", "[4]", "[0,4]") + "}   "
    let file = try file(header: spaced, data: 12)
    #expect(file.metadata == ["k": "é😀\n"])
    #expect(file.places.map(\.name) == ["a", "b"])
  }

  @Test(arguments: [
    "", "[]", "{", "{\"a\"}", "{\"a\":1}", "{}x", "{},", "{\"__metadata__\":{\"a\":1}}",
    "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "{\"__metadata__\":{},\"__metadata__\":{}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}",
    "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"more\":1}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,16]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[02],\"data_offsets\":[0,8]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
      + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
      + "\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[8,8]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,2],\"data_offsets\":[0,8]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387906],\"data_offsets\":[0,8]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[18446744073709551616],\"data_offsets\":[0,8]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,18446744073709551615]}}",
    "{\"\\ud800\":{}}", "{\"\\q\":{}}", "{\"a\n\":{}}", "{\"a\\u00g0\":{}}", "{\"a\\u12\"", "\u{FEFF}{}",
  ])
  func everythingElseIsRefused(_ header: String) {
    let problem = #expect(throws: SnapshotProblem.self) { try file(header: header, data: 8) }
    #expect(problem?.kind == .damaged)
  }

  @Test func impossibleHeaderLengthsAreRefused() throws {
    for bytes in [[], [1, 0, 0], [3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D], [UInt8](repeating: 255, count: 40)] {
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let problem = #expect(throws: SnapshotProblem.self) { try SafetensorsFile(path) }
      #expect(problem?.kind == .damaged)
    }
  }

  /// Random mutations of a good file are either read consistently or refused; nothing traps.
  @Test func mutationsAreReadOrRefused() throws {
    let names = ["alpha", "b\u{e9}", "section/tensor"]
    let layout = try SafetensorsLayout(
      metadata: ["kind": "afm", "k": "4"],
      tensors: names.enumerated().map { TensorPlace(name: $1, type: TensorType.allCases[$0 * 2], shape: [2, $0 + 1]) })
    _ = try SafetensorsWriter(path, layout)
    let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    var generator = SplitMix(state: 42)
    var refused = 0
    for _ in 0..<4000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let at = Int.random(in: 0..<Int(layout.dataStart), using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[at] = Array("0123456789{}[]\",:\\u-e".utf8).randomElement(using: &generator) ?? 0
        case 2: bytes.remove(at: at)
        default: bytes.insert(bytes[at], at: at)
        }
      }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      do {
        let file = try SafetensorsFile(path)
        for place in file.places { _ = try file.tensor(place) }
      } catch {
        refused += 1
      }
    }
    #expect(refused > 1000)
  }
}

/// A small generator, so that a failing run can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
