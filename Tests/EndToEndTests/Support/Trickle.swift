import Foundation
import Kafka

/// A producer whose records trickle into a topic from a thread of its own while a test does other things.
final class Trickle: @unchecked Sendable {
  // `wanted` and `state` are guarded by `condition`; the producer belongs to the thread.
  private enum State { case flowing, resting, ended }
  private let condition = NSCondition()
  private var wanted = State.flowing
  private var state = State.flowing
  private var partitions: Int32
  private var extra = 0
  private var problem: String?

  /// Begins at once; `perSecond` records a second, over the partitions in turn.
  init(_ bootstrap: String, topic: String, partitions: Int32, ledger: Ledger, perSecond: Int) {
    self.partitions = partitions
    let thread = Thread { [self] in
      do {
        try run(bootstrap, topic, ledger, perSecond)
      } catch {
        tell(.ended, "\(error)")
      }
    }
    thread.start()
  }

  /// Also produces to partitions that were added.
  func spread(over count: Int32) { condition.withLock { partitions = count } }

  /// Produces so many at once, beside what trickles.
  func burst(_ count: Int) { condition.withLock { extra += count } }

  /// Stops for now; what was produced is acknowledged when this returns.
  func rest() throws { try change(.resting) }

  /// Goes on.
  func flow() throws { try change(.flowing) }

  /// Ends; what was produced is acknowledged when this returns.
  func end() throws { try change(.ended) }

  private func change(_ next: State) throws {
    condition.lock()
    defer { condition.unlock() }
    guard state != .ended else {
      if let problem { throw Program.Failure(description: "producing ended: \(problem)") }
      return
    }
    wanted = next
    condition.broadcast()
    let limit = Date().addingTimeInterval(120)
    while state != next, state != .ended, condition.wait(until: limit) {}
    if let problem { throw Program.Failure(description: "producing ended: \(problem)") }
    guard state == next else { throw Program.Failure(description: "the producer does not come to rest") }
  }

  private func tell(_ next: State, _ problem: String? = nil) {
    condition.withLock {
      state = next
      if let problem { self.problem = problem }
      condition.broadcast()
    }
  }

  private func run(_ bootstrap: String, _ topic: String, _ ledger: Ledger, _ perSecond: Int) throws {
    // Partitions that were added are known to it within a second.
    let producer = try KafkaProducer(
      KafkaConfiguration([
        "bootstrap.servers": bootstrap, "linger.ms": "2", "topic.metadata.refresh.interval.ms": "1000",
      ]))
    var next: Int32 = 0
    while true {
      let (wanted, partitions, count) = condition.withLock {
        defer { extra = 0 }
        return (self.wanted, self.partitions, max(1, perSecond / 100) + extra)
      }
      guard wanted == .flowing || count > max(1, perSecond / 100) else {
        try producer.flush(timeoutMilliseconds: 110_000)
        guard producer.deliveries.failed == 0 else {
          throw Program.Failure(
            description: "\(producer.deliveries.failed) records were not taken: "
              + "\(producer.deliveries.lastError.map { "\($0)" } ?? "")")
        }
        tell(wanted)
        if wanted == .ended { return }
        condition.withLock { while self.wanted == wanted { condition.wait() } }
        tell(.flowing)
        continue
      }
      // A few at a time: waking for each would cost more than producing it.
      for _ in 0..<count {
        let payload = ledger.payload()
        let partition = next % partitions
        next = next &+ 1
        do throws(KafkaError) {
          try producer.produce(payload, to: topic, partition: partition)
        } catch {
          guard "\(error)".contains("_UNKNOWN_") else { throw error }
          producer.poll(timeoutMilliseconds: 10)
          continue
        }
        ledger.add(payload, partition: partition)
      }
      producer.poll(timeoutMilliseconds: 0)
      usleep(10_000)
    }
  }
}
