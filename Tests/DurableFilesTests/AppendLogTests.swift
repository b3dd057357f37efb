import DurableFiles
import Foundation
import TestSupport
import Testing

@Suite struct AppendLogTests {
  let directory: TemporaryDirectory
  let path: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.path("log")
  }

  private func write(_ records: [String]) throws {
    let log = try AppendLog(path)
    for record in records {
      try Array(record.utf8).withUnsafeBytes { try log.append($0, synced: true) }
    }
  }

  private func read(_ policy: AppendLog.DamagePolicy = .refuse) throws -> ([String], AppendLogScan) {
    var records: [String] = []
    let log = try AppendLog(path, onDamage: policy) { record, index in
      #expect(index == records.count)
      records.append(String(decoding: record, as: UTF8.self))
    }
    #expect(log.records == records.count)
    return (records, log.recovered)
  }

  @Test func recordsComeBackInOrder() throws {
    let records = ["one", "", String(repeating: "long", count: 100_000), "four"]
    try write(records)
    let (read, scan) = try read()
    #expect(read == records)
    #expect(scan.droppedBytes == 0 && scan.damage == nil)
    try write(["five"])
    #expect(try self.read().0 == records + ["five"])
  }

  @Test func everyTruncationLosesOnlyWholeRecords() throws {
    let records = ["alpha", "beta", "gamma"]
    try write(records)
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let ends = [8, 8 + 21, 8 + 21 + 20, whole.count]
    for length in 0...whole.count {
      try Data(whole[..<length]).write(to: URL(fileURLWithPath: path))
      let (read, scan) = try read()
      #expect(read == Array(records.prefix(max(0, ends.count { $0 <= length } - 1))))
      #expect(scan.droppedBytes == UInt64(length - (ends.last { $0 <= length } ?? 0)))
      #expect(scan.damage == nil)
    }
  }

  @Test func aTailOfZerosIsTorn() throws {
    try write(["alpha", "beta"])
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes.append(Data(count: 5000))
    try bytes.write(to: URL(fileURLWithPath: path))
    let (read, scan) = try read()
    #expect(read == ["alpha", "beta"])
    #expect(scan.droppedBytes == 5000)
  }

  /// Zeros from where a write or a page began are what a crash leaves; anything else that is all there is wrong.
  @Test func onlyWhatWasNotWrittenIsTorn() throws {
    try write(["alpha", String(repeating: "b", count: 9000)])
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    func damage(_ bytes: [UInt8], isSynced: Bool = true) throws -> String? {
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let scan = try AppendLogReader.read(path, isSynced: isSynced)
      #expect(scan.records == 1 || scan.damage != nil && scan.records == 0)
      return scan.damage
    }
    func zeros(from start: Int, more: Int = 0) -> [UInt8] {
      Array(whole[..<start]) + Array(repeating: 0, count: whole.count - start + more)
    }
    for start in [29, 29 + 16, 4096, 8192] { #expect(try damage(zeros(from: start)) == nil) }
    for start in [29 + 3, 8193, whole.count - 1] { #expect(try damage(zeros(from: start)) != nil) }
    // Where each record was synced before the next, a wrong one that others followed is no torn tail.
    #expect(try damage(zeros(from: 8192, more: 100)) != nil)
    #expect(try damage(zeros(from: 8192, more: 100), isSynced: false) == nil)
    #expect(try damage(zeros(from: 29, more: 100)) == nil)
    for place in [29, 33, 37, 44, 45, whole.count - 1] {
      var bytes = whole
      bytes[place] ^= 1
      #expect(try damage(bytes) != nil)
    }
    #expect(try damage(Array(repeating: 0, count: whole.count)) != nil)
    try Data(count: 8).write(to: URL(fileURLWithPath: path))
    #expect(try AppendLogReader.read(path).damage == nil)
  }

  @Test func everyFlippedByteInTheMiddleIsNoticed() throws {
    try write(["alpha", "beta", "gamma"])
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    for position in 0..<(8 + 21 + 20) {
      var damaged = whole
      damaged[position] ^= 0x10
      try Data(damaged).write(to: URL(fileURLWithPath: path))
      #expect(throws: FileProblem.self) { try self.read() }
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(damaged))
      #expect(try AppendLogReader.read(path).damage != nil)
      let (read, scan) = try read(.cut)
      #expect(read == (position < 29 ? [] : ["alpha"]))
      #expect(scan.damage != nil)
    }
  }

  @Test func aReaderBesideTheWriterSeesWholeRecords() throws {
    let log = try AppendLog(path)
    for number in 0..<100 {
      try Array("\(number)".utf8).withUnsafeBytes { try log.append($0, synced: false) }
      #expect(try AppendLogReader.read(path).records == number + 1)
    }
  }

  @Test func aDirectoryInTheWayIsAProblemWithItsPath() throws {
    let problem = #expect(throws: FileProblem.self) { try AppendLog(directory.path) }
    #expect(problem?.path == directory.path)
    let missing = #expect(throws: FileProblem.self) { try AppendLogReader.read(path) }
    #expect(missing?.kind == .missing)
  }
}
