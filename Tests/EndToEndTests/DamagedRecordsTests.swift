import Foundation
import TestSupport
import Testing

extension EndToEndTests {
  @Suite(.serialized, .enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"))
  struct DamagedRecordsTests {
    /// A kind of damage, and the reason under which it must be counted.
    private static let damages: [(reason: String, make: @Sendable (String, Int) -> [UInt8])] = [
      ("bad_json", { good, index in Array(good.utf8.prefix(good.utf8.count - 1 - index % 40)) }),
      (
        "bad_label",
        { good, _ in Array(good.replacingOccurrences(of: "\"label\":", with: "\"label\":\"late\",\"x\":").utf8) }
      ),
      (
        "bad_field",
        { good, _ in Array(good.replacingOccurrences(of: "\"carrier\":", with: "\"carrier\":{},\"x\":").utf8) }
      ),
      ("no_label", { good, _ in Array(good.replacingOccurrences(of: "\"label\":", with: "\"Label\":").utf8) }),
      (
        "not_finite",
        { good, _ in Array(good.replacingOccurrences(of: "\"distance\":", with: "\"distance\":NaN,\"x\":").utf8) }
      ),
      (
        "not_finite",
        { good, _ in Array(good.replacingOccurrences(of: "\"distance\":", with: "\"distance\":1e400,\"x\":").utf8) }
      ),
      ("too_deep", { _, _ in Array((String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)).utf8) }),
      (
        "invalid_utf8",
        { good, _ in Array(good.utf8.dropLast()) + Array(",\"y\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8) }
      ),
      ("empty", { _, _ in [] }),
    ]

    @Test func goodRecordsAreLearnedAndEachDamagedOneIsCountedAndKept() throws {
      let folder = try TemporaryDirectory()
      let good = try String(contentsOfFile: Flights.file(first: 5000, in: folder), encoding: .utf8)
        .split(separator: "\n").map(String.init)
      var bytes: [UInt8] = []
      var expected: [String: Int] = [:]
      var places: [(offset: Int, reason: String)] = []
      for index in 0..<5000 {
        bytes += Array(good[index].utf8) + [10]
        guard index % 5 == 0 else { continue }
        let number = index / 5
        let reason: String
        let record: [UInt8]
        if number % 100 == 99 {
          reason = "record_too_large"
          let text = String(repeating: "x", count: 10_000_000)
          record = Array(
            good[index].replacingOccurrences(of: "\"carrier\":", with: "\"z\":\"\(text)\",\"carrier\":").utf8)
        } else {
          let damage = Self.damages[number % Self.damages.count]
          reason = damage.reason
          record = damage.make(good[index], number)
        }
        places.append((bytes.count, reason))
        expected[reason, default: 0] += 1
        bytes += record + [10]
      }
      let path = folder.path("damaged.ndjson")
      try Data(bytes).write(to: URL(fileURLWithPath: path))

      let daemon = try DaemonUnderTest(.init(source: DaemonUnderTest.file(path)))
      try daemon.start()
      try daemon.waitUntilLearned(5000)
      let status = try eventually("all records are done with") { () -> JSON? in
        let status = try daemon.status()
        return try status["records.read"].number == 6000 ? status : nil
      }
      #expect(try status["events_learned"].number == 5000)
      #expect(try status["records.rejected"].number == 1000)
      for (reason, count) in expected {
        #expect(try status["records.rejected_by_reason"][reason].number == Double(count), "\(reason)")
      }
      #expect(try daemon.terminate() == 0)

      let kept = try quarantined(daemon)
      #expect(kept.count == 1000)
      for (entry, place) in zip(kept, places) {
        #expect(try entry["offset"].number == Double(place.offset))
        #expect(try entry["reason"].text == place.reason)
        #expect(try entry["partition"].number == 0)
      }
    }

    private func quarantined(_ daemon: DaemonUnderTest) throws -> [JSON] {
      let folder = daemon.state
      let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        .filter { $0.contains("quarantine") && $0.hasSuffix(".ndjson") }.sorted()
      return try names.flatMap { name in
        try String(contentsOfFile: folder + "/" + name, encoding: .utf8).split(separator: "\n").map {
          try JSON(String($0))
        }
      }.filter { $0["offset"].isPresent }
    }
  }
}
