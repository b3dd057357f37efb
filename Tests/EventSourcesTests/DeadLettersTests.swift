import DurableFiles
import Foundation
import Glibc
import Kafka
import Synchronization
import TestSupport
import Testing
import Threads

@testable import EventSources

/// Dead letters through the spill to a cluster that fails.
@Suite struct DeadLettersTests {
  private static let patience = 120_000

  private let directory: TemporaryDirectory
  private let cluster: KafkaMockCluster
  private var path: String { directory.path("dead_letters") }

  init() throws {
    directory = try TemporaryDirectory()
    cluster = try KafkaMockCluster()
    try cluster.createTopic("dead", partitions: 2)
  }

  private func letters(
    limit: UInt64 = 1 << 20, notify: @escaping @Sendable (SourceNotice) -> Void = { _ in }
  ) throws -> DeadLetters {
    try DeadLetters(
      topic: "dead", source: "events", directory: path, limit: limit,
      properties: [
        "bootstrap.servers": cluster.bootstrapServers, "message.timeout.ms": "1500",
        "topic.metadata.propagation.max.ms": "0",
      ], notify: notify)
  }

  private func add(_ offsets: Range<Int64>, to letters: DeadLetters) {
    for offset in offsets {
      let bytes: [UInt8] = [0xff, 0x00, UInt8(truncatingIfNeeded: offset)]
      bytes.withUnsafeBytes { bytes in
        letters.add(
          SourceRecord(bytes: bytes, partition: 3, offset: offset, nextOffset: offset + 1, timestamp: 0),
          reason: "invalid_utf8", detail: "byte 0")
      }
    }
  }

  private func wait(_ letters: DeadLetters, until condition: (DeadLetterFigures.Values) -> Bool) throws {
    for _ in 0..<Self.patience / 10 {
      if condition(letters.figures.current) { return }
      usleep(10_000)
    }
    Issue.record("never came to be: \(letters.figures.current)")
    throw CancellationError()
  }

  /// The offsets in the keys of what arrived, with how often each did.
  private func arrived(atLeast count: Int) throws -> [Int64: Int] {
    let consumer = try KafkaConsumer(KafkaConfiguration(["bootstrap.servers": cluster.bootstrapServers]))
    try consumer.assign(topic: "dead", (0..<2).map { KafkaPartitionOffset(partition: $0, offset: 0) })
    var seen: [Int64: Int] = [:]
    for _ in 0..<300 where seen.count < count {
      consumer.consume(maximum: 1000, timeoutMilliseconds: 100) { messages in
        for message in messages where message.isRecord {
          let key = String(decoding: message.key, as: UTF8.self)
          #expect(key.hasPrefix("events/3/"))
          let offset = Int64(key.dropFirst(9)) ?? -1
          #expect(Array(message.value) == [0xff, 0x00, UInt8(truncatingIfNeeded: offset)])
          #expect(message.headers(named: "reason") == ["invalid_utf8"])
          #expect(message.headers(named: "detail") == ["byte 0"])
          seen[offset, default: 0] += 1
        }
      }
    }
    return seen
  }

  @Test func eachArrivesOnceWithItsPlaceReasonAndBytes() throws {
    let letters = try letters()
    add(0..<1000, to: letters)
    try wait(letters) { $0.waiting == 0 }
    #expect(letters.figures.current.delivered == 1000 && letters.figures.current.failed == 0)
    letters.close()
    #expect(try arrived(atLeast: 1000) == Dictionary(uniqueKeysWithValues: (0..<1000).map { ($0, 1) }))
    // Nothing waits, and a new start sends nothing again.
    #expect(!DeadLetters.mayWait(in: path))
    let again = try self.letters()
    add(1000..<1001, to: again)
    try wait(again) { $0.waiting == 0 }
    again.close()
    #expect(again.figures.current.delivered == 1)
  }

  @Test func theyWaitForATopicThatIsNotThere() throws {
    let said = Lock([SourceNotice]())
    cluster.failTopic("dead", error: 3)
    let first = try letters { notice in said.withLock { $0.append(notice) } }
    let changes = Lock(0)
    first.whenProblemsChange { changes.withLock { $0 += 1 } }
    add(0..<50, to: first)
    try wait(first) { $0.failure != nil }
    let failing = first.figures.current
    #expect(failing.waiting == 50 && failing.delivered == 0 && failing.failed > 0)
    #expect(failing.failure?.contains("Create it, or correct source.kafka.dead_letter_topic") == true)
    first.close(milliseconds: 50)
    let complaints = said.withLock { $0.filter { $0.level == .error && $0.message.contains("there is no topic dead") } }
    #expect(complaints.count == 1)
    // The next start has them, and the problem ends with the first that is acknowledged.
    let second = try letters()
    let cleared = Lock(0)
    second.whenProblemsChange { cleared.withLock { $0 += 1 } }
    add(50..<60, to: second)
    try wait(second) { $0.failure != nil }
    cluster.failTopic("dead", error: 0)
    try wait(second) { $0.waiting == 0 }
    #expect(second.figures.current.failure == nil && second.figures.current.delivered >= 60)
    second.close()
    #expect(Set(try arrived(atLeast: 60).keys) == Set(0..<60))
    #expect(changes.withLock { $0 } == 1 && cleared.withLock { $0 } == 2)
  }

  @Test func nothingIsLostWhileBrokersAreAway() throws {
    let letters = try letters()
    add(0..<10, to: letters)
    try wait(letters) { $0.waiting == 0 }
    try cluster.setDown(broker: 1)
    add(10..<3000, to: letters)
    try wait(letters) { $0.failure != nil }
    #expect(letters.figures.current.waiting == 2990)
    try cluster.setUp(broker: 1)
    try wait(letters) { $0.waiting == 0 && $0.failure == nil }
    letters.close()
    #expect(Set(try arrived(atLeast: 3000).keys) == Set(0..<3000))
  }

  @Test func whatIsDroppedAtTheBoundIsAProblemUntilAllElseArrived() throws {
    cluster.failTopic("dead", error: 3)
    let said = Lock([SourceNotice]())
    let first = try letters(limit: 8192) { notice in said.withLock { $0.append(notice) } }
    add(0..<500, to: first)
    let dropped = first.figures.current
    #expect(dropped.isDropping && dropped.dropped > 0 && dropped.waiting + dropped.dropped == 500)
    first.close(milliseconds: 50)
    #expect(said.withLock { $0.filter { $0.message.contains("raise dead_letters.spill_size") }.count } == 1)
    let second = try letters(limit: 8192)
    #expect(second.figures.current.isDropping)
    cluster.failTopic("dead", error: 0)
    try wait(second) { $0.waiting == 0 && !$0.isDropping }
    second.close()
    let seen = try arrived(atLeast: Int(dropped.waiting))
    #expect(Set(seen.keys) == Set((500 - Int64(dropped.waiting))..<500))
    let third = try letters(limit: 8192)
    #expect(!third.figures.current.isDropping)
    third.close()
  }

  @Test func oneThatIsTooLargeHoldsNothingUp() throws {
    let letters = try letters(limit: 16 << 20)
    add(0..<5, to: letters)
    let large = [UInt8](repeating: 1, count: 2 << 20)
    large.withUnsafeBytes { bytes in
      letters.add(
        SourceRecord(bytes: bytes, partition: 3, offset: 5, nextOffset: 6, timestamp: 0), reason: "bad_json",
        detail: "")
    }
    add(6..<10, to: letters)
    try wait(letters) { $0.waiting == 0 }
    letters.close()
    #expect(letters.figures.current.delivered == 9 && letters.figures.current.dropped == 1)
    #expect(try arrived(atLeast: 9).keys.sorted() == [0, 1, 2, 3, 4, 6, 7, 8, 9])
  }

  /// The disk takes neither what a snapshot syncs nor another file; the sync after that would succeed.
  @Test(arguments: ["open", "write"])
  func afterAFailedSyncNoSnapshotIsTakenBeforeTheyAreWrittenAnew(_ refused: String) throws {
    cluster.failTopic("dead", error: 3)
    let first = try letters()
    add(0..<5, to: first)
    for file in try first.filesToSync() { try file.sync() }
    first.noteSynced()
    add(5..<8, to: first)
    let doubtful = try first.filesToSync().map(\.path)
    #expect(doubtful.count == 1)
    let calls = Atomic<Int>(0)
    FileFaults.with({ [path] operation, at in
      // Of writes the second: another file is begun, and no entry fits.
      guard operation == refused, at.hasPrefix(path), at.hasSuffix(".spill") else { return nil }
      return operation == "open" || calls.add(1, ordering: .relaxed).newValue.isMultiple(of: 2) ? ENOSPC : nil
    }) {
      first.noteSyncFailed()
      #expect(throws: FileProblem.self) { try first.filesToSync() }
    }
    add(8..<10, to: first)
    let renewed = try first.filesToSync().map(\.path)
    #expect(!renewed.isEmpty && Set(renewed).isDisjoint(with: doubtful))
    #expect(first.figures.current.waiting == 10 && first.figures.current.dropped == 0)
    first.close(milliseconds: 50)
    cluster.failTopic("dead", error: 0)
    let second = try letters()
    try wait(second) { $0.waiting == 0 }
    second.close()
    #expect(Set(try arrived(atLeast: 10).keys) == Set(0..<10))
  }

  /// A broker answers for a batch, and the client for each of its records: that says nothing about one of them.
  @Test func thoseInABatchThatIsTooLargeAreSentOneByOne() throws {
    cluster.failTopic("dead", error: 3)
    let first = try letters()
    add(0..<200, to: first)
    first.close(milliseconds: 50)
    cluster.failTopic("dead", error: 0)
    try cluster.failNext(.produce, broker: 1, error: 10)
    let said = Lock([SourceNotice]())
    let second = try letters { notice in said.withLock { $0.append(notice) } }
    try wait(second) { $0.waiting == 0 }
    second.close()
    #expect(second.figures.current.dropped == 0 && second.figures.current.failed > 0)
    #expect(try arrived(atLeast: 200) == Dictionary(uniqueKeysWithValues: (0..<200).map { ($0, 1) }))
    #expect(said.withLock { $0.filter { $0.message.contains("dropped") } }.isEmpty)
  }

  @Test func oneThatTheBrokerRefusesAloneIsGivenUp() throws {
    try cluster.failNext(.produce, broker: 1, error: 10)
    try cluster.failNext(.produce, broker: 1, error: 10)
    let said = Lock([SourceNotice]())
    let letters = try letters { notice in said.withLock { $0.append(notice) } }
    add(0..<1, to: letters)
    try wait(letters) { $0.waiting == 0 }
    #expect(letters.figures.current.dropped == 1 && letters.figures.current.failed == 2)
    add(1..<100, to: letters)
    try wait(letters) { $0.waiting == 0 }
    letters.close()
    #expect(Set(try arrived(atLeast: 99).keys) == Set(1..<100))
    let messages = said.withLock { $0.map(\.message).filter { $0.contains("dropped") } }
    #expect(messages.count == 1 && messages.first?.contains("events/3/0 is larger than topic dead takes") == true)
  }

  @Test func aWrongPropertyIsNamedAtTheStart() throws {
    #expect {
      _ = try DeadLetters(topic: "dead", source: "events", directory: path, properties: ["no.such": "x"])
    } throws: { error in
      (error as? SourceProblem)?.kind == .configuration && "\(error)".contains("no.such")
    }
  }

  @Test func whatCannotBeWrittenIsSaidOnceAndHoldsNothingUp() throws {
    let said = Lock([SourceNotice]())
    let letters = try letters { notice in said.withLock { $0.append(notice) } }
    // Directories stand where the first files are to be.
    for number in UInt64(1)...3 { try DirectoryHandle.create(path + "/" + SpillFormat.name(number)) }
    add(0..<3, to: letters)
    let failed = letters.figures.current
    #expect(failed.dropped == 3 && failed.isDropping)
    #expect(said.withLock { $0.filter { $0.message.contains("dead letters are dropped") }.count } == 1)
    add(3..<5, to: letters)
    try wait(letters) { $0.delivered == 2 && !$0.isDropping }
    letters.close()
  }
}
