import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import EventSources

@Suite struct QuarantineTests {
  let directory: TemporaryDirectory
  var path: String { directory.path("quarantine.ndjson") }

  init() throws {
    directory = try TemporaryDirectory()
  }

  struct Entry: Codable, Equatable {
    var partition: Int32
    var offset: Int64
    var reason: String
    var detail: String
    var length: Int64
    var text: String?
    var base64: Data?
  }

  func entries(_ suffix: String = "") throws -> [Entry] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path + suffix))
    return try data.split(separator: 0x0a).dropFirst().map { try JSONDecoder().decode(Entry.self, from: $0) }
  }

  func add(_ bytes: [UInt8], _ offset: Int64, to quarantine: Quarantine) throws {
    try bytes.withUnsafeBytes { bytes in
      let record = SourceRecord(bytes: bytes, partition: 2, offset: offset, nextOffset: offset + 1, timestamp: 0)
      try quarantine.add(record, reason: "bad_json", detail: "a \"quote\"\nand \u{1} more")
    }
  }

  @Test func recordsAreKeptWithTheirBytes() throws {
    let quarantine = try Quarantine(path: path)
    try add(Array("{\"a\": \u{7f}\t1".utf8), 7, to: quarantine)
    for length in 0..<5 { try add(Array(repeating: 0xff, count: length) + [0xc3], Int64(length), to: quarantine) }
    try add([], 9, to: quarantine)
    let found = try entries()
    #expect(
      found[0]
        == Entry(
          partition: 2, offset: 7, reason: "bad_json", detail: "a \"quote\"\nand \u{1} more", length: 9,
          text: "{\"a\": \u{7f}\t1", base64: nil))
    for length in 0..<5 {
      #expect(found[1 + length].base64 == Data(Array(repeating: 0xff, count: length) + [0xc3]))
      #expect(found[1 + length].text == nil)
    }
    #expect(found[6].text == "")
  }

  @Test func aSnapshotsLengthIsTakenBackTo() throws {
    let quarantine = try Quarantine(path: path)
    for offset: Int64 in 0..<10 { try add([0x61], offset, to: quarantine) }
    let saved = quarantine.length
    for offset: Int64 in 10..<15 { try add([0x62], offset, to: quarantine) }
    let end = quarantine.length
    let again = try Quarantine(path: path)
    #expect(again.length == end)
    try again.truncate(to: saved)
    for offset: Int64 in 10..<15 { try add([0x62], offset, to: again) }
    #expect(again.length == end)
    #expect(try entries().map(\.offset) == Array(0..<15))
  }

  @Test func theNewestAreKeptWithinTheLimit() throws {
    let limit: UInt64 = 20_000
    let quarantine = try Quarantine(path: path, limit: limit)
    var lengths: [UInt64] = []
    for offset: Int64 in 0..<1000 {
      lengths.append(quarantine.length)
      try add(Array(repeating: 0x61, count: 40), offset, to: quarantine)
    }
    let sizes = try ["", ".1"].map { try OpenFile(path + $0, .read).size() }
    #expect(sizes.reduce(0, +) <= limit + 200)
    let kept = try entries(".1") + entries()
    #expect(kept.map(\.offset) == Array((kept.first?.offset ?? 0)...999))
    #expect(kept.count > 60)
    // Back into the older file, and before both.
    let old = try #require(try entries(".1").dropFirst(5).first).offset
    let again = try Quarantine(path: path, limit: limit)
    try again.truncate(to: lengths[Int(old)])
    #expect(again.length == lengths[Int(old)])
    #expect(try entries().last?.offset == old - 1)
    try again.truncate(to: 10)
    #expect(again.length == 10)
    try add([0x61], 0, to: again)
    #expect(try entries().map(\.offset) == [0])
  }

  @Test(arguments: [nil, "{\"quarant"])
  func aCrashWhileTheOlderFileMakesWayLosesNothing(header: String?) throws {
    let quarantine = try Quarantine(path: path)
    for offset: Int64 in 0..<10 { try add([0x61], offset, to: quarantine) }
    try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
    if let header { try Data(header.utf8).write(to: URL(fileURLWithPath: path)) }
    let again = try Quarantine(path: path)
    #expect(again.length == quarantine.length)
    try again.truncate(to: quarantine.length)
    #expect(try entries().map(\.offset) == Array(0..<10))
  }

  @Test func aDamagedFirstLineCostsNoEntry() throws {
    let quarantine = try Quarantine(path: path)
    for offset: Int64 in 0..<10 { try add([0x61], offset, to: quarantine) }
    try Data("older".utf8).write(to: URL(fileURLWithPath: path + ".1"))
    let saved = quarantine.length
    let good = try Data(contentsOf: URL(fileURLWithPath: path))
    for place in [0, 5, 20, 25] {
      var bytes = good
      bytes[place] ^= 0x41
      try bytes.write(to: URL(fileURLWithPath: path))
      let again = try Quarantine(path: path)
      #expect(again.damage.count == 1 && again.length == 0)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path + ".damaged")) == bytes)
      try again.truncate(to: saved)
      #expect(again.length == saved)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path + ".1")) == Data("older".utf8))
      #expect(try Quarantine(path: path).damage.isEmpty)
    }
  }

  @Test func aFirstLineThatLiesAboutItsPlaceIsNoticed() throws {
    let quarantine = try Quarantine(path: path)
    for offset: Int64 in 0..<10 { try add([0x61], offset, to: quarantine) }
    let saved = quarantine.length
    for offset: Int64 in 10..<15 { try add([0x62], offset, to: quarantine) }
    let good = try String(contentsOfFile: path, encoding: .utf8)
    try Data(good.replacing("\"start\":0}", with: "\"start\":4}").utf8).write(to: URL(fileURLWithPath: path))
    let again = try Quarantine(path: path)
    try again.truncate(to: saved)
    #expect(again.damage.count == 1 && again.length == saved)
    try add([0x62], 10, to: again)
    #expect(try entries().map(\.offset) == [10])
    #expect(try entries(".damaged").count == 15)
  }

  @Test func aLongRecordIsCut() throws {
    let quarantine = try Quarantine(path: path, maximumRecordBytes: 100)
    try add(Array(repeating: 0x61, count: 5000), 1, to: quarantine)
    #expect(try entries().first?.text?.count == 100)
    #expect(try entries().first?.length == 5000)
  }

  /// The disk drops what could not be written, or keeps it after all; the next snapshot syncs again.
  @Test(arguments: [true, false])
  func aFailedSyncIsFollowedByANewFile(_ isDropped: Bool) throws {
    let quarantine = try Quarantine(path: path)
    for offset: Int64 in 0..<3 { try add([0x61], offset, to: quarantine) }
    try quarantine.fileToSync().sync()
    quarantine.syncSucceeded()
    let first = try Data(contentsOf: URL(fileURLWithPath: path))
    for offset: Int64 in 3..<6 { try add([0x61], offset, to: quarantine) }
    let length = quarantine.length
    let file = try quarantine.fileToSync()
    let all = try Data(contentsOf: URL(fileURLWithPath: path))
    if isDropped {
      let lossy = LossyFile(path, durable: UInt64(first.count))
      lossy.failsOnce { #expect(throws: FileProblem.self) { try file.sync() } }
    }
    quarantine.syncFailed()
    try add([0x62], 6, to: quarantine)
    #expect(quarantine.length > length)
    let new = try quarantine.fileToSync()
    #expect(new !== file)
    #expect(throws: Never.self) { try new.sync() }
    if isDropped {
      #expect(quarantine.lostBytes == UInt64(all.count - first.count))
      #expect(try Data(contentsOf: URL(fileURLWithPath: path + ".1")) == first)
    } else {
      #expect(quarantine.lostBytes == 0)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)).starts(with: all))
    }
    #expect(try Quarantine(path: path).length == quarantine.length)
  }

  /// The file makes way for a new one after another thread's sync of it failed, and before that is told.
  @Test func whatAFailedSyncLostBeforeTheFileMadeWayIsCounted() throws {
    let quarantine = try Quarantine(path: path, limit: 4096)
    for offset: Int64 in 0..<3 { try add([0x61], offset, to: quarantine) }
    try quarantine.fileToSync().sync()
    quarantine.syncSucceeded()
    let durable = quarantine.length
    let size = try OpenFile(path, .read).size()
    for offset: Int64 in 3..<6 { try add([0x61], offset, to: quarantine) }
    let lost = quarantine.length - durable
    let asked = try quarantine.fileToSync()
    let lossy = LossyFile(path, durable: size)
    try lossy.failsOnce {
      #expect(throws: FileProblem.self) { try asked.sync() }
      var offset: Int64 = 6
      while !DirectoryHandle.exists(path + ".1") {
        try add([0x62], offset, to: quarantine)
        offset += 1
      }
    }
    quarantine.syncFailed()
    #expect(try entries(".1").map(\.offset) == [0, 1, 2])
    #expect(quarantine.lostBytes >= lost)
    #expect(try Quarantine(path: path, limit: 4096).length == quarantine.length)
  }

  @Test func whatTookThePlaceOfEntriesTakenBackIsNotTakenForDurable() throws {
    let quarantine = try Quarantine(path: path)
    for offset: Int64 in 0..<3 { try add([0x61], offset, to: quarantine) }
    let start = quarantine.length
    let size = try OpenFile(path, .read).size()
    for offset: Int64 in 3..<6 { try add([0x61], offset, to: quarantine) }
    let asked = try quarantine.fileToSync()
    try quarantine.truncate(to: start)
    try asked.sync()
    for offset: Int64 in 13..<16 { try add([0x62], offset, to: quarantine) }
    quarantine.syncSucceeded()
    let next = try quarantine.fileToSync()
    LossyFile(path, durable: size).failsOnce { #expect(throws: FileProblem.self) { try next.sync() } }
    quarantine.syncFailed()
    let before = quarantine.length
    try add([0x63], 20, to: quarantine)
    #expect(quarantine.lostBytes == before - start)
    #expect(try entries().map(\.offset) == [20] && entries(".1").map(\.offset) == [0, 1, 2])
  }
}
