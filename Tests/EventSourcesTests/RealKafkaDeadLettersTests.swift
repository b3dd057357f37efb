import DurableFiles
import Glibc
import Kafka
import TestSupport
import Testing
import Threads

@testable import EventSources

/// Dead letters to the real Apache Kafka, which refuses whole batches by their size.
@Suite(.serialized, .enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"))
struct RealKafkaDeadLettersTests {
  @Test func whatATopicTakesOneByOneIsDeliveredAlthoughABatchIsTooLarge() throws {
    let kafka = try RealKafka()
    try kafka.tool(
      "topics",
      ["--create", "--topic", "dead", "--partitions", "1", "--config", "max.message.bytes=65536"])
    let directory = try TemporaryDirectory()
    let path = directory.path("dead_letters")
    // They wait already when the first is sent, so that batches are as large as they may be.
    let spill = try DeadLetterSpill(directory: path, limit: 4 << 20) { _ in }
    for number in 0..<500 {
      // No compression makes those small.
      let bytes = (0..<(number == 250 ? 70_000 : 1000)).map { _ in UInt8.random(in: 0...255) }
      try bytes.withUnsafeBytes { try spill.add(key: "\(number)", reason: "bad_json", detail: "", value: $0) }
    }
    let said = Lock([SourceNotice]())
    let letters = try DeadLetters(
      topic: "dead", source: "events", directory: path, limit: 4 << 20,
      properties: ["bootstrap.servers": kafka.bootstrapServers]
    ) { notice in said.withLock { $0.append(notice) } }
    for _ in 0..<12_000 where letters.figures.current.waiting > 0 { usleep(10_000) }
    letters.close()
    let figures = letters.figures.current
    #expect(figures.waiting == 0 && figures.delivered == 499 && figures.dropped == 1 && figures.failed > 2)
    let dropped = said.withLock { $0.map(\.message).filter { $0.contains("dropped") } }
    #expect(dropped.count == 1 && dropped.first?.contains("the dead letter 250 is larger") == true)
    let consumer = try KafkaConsumer(KafkaConfiguration(["bootstrap.servers": kafka.bootstrapServers]))
    try consumer.assign(topic: "dead", [KafkaPartitionOffset(partition: 0, offset: 0)])
    var seen: [String: Int] = [:]
    for _ in 0..<300 where seen.count < 499 {
      consumer.consume(maximum: 1000, timeoutMilliseconds: 100) { messages in
        for message in messages where message.isRecord {
          seen[String(decoding: message.key, as: UTF8.self), default: 0] += 1
        }
      }
    }
    #expect(seen == Dictionary(uniqueKeysWithValues: (0..<500).filter { $0 != 250 }.map { ("\($0)", 1) }))
  }
}
