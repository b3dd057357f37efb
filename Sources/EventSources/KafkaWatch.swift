import Kafka
import Threads

/// Asks the brokers, beside the flow of records and on a thread of its own, how far each partition reaches now, and
/// tells what they answer, or that none does: also while nothing is read, since learning is paused, stopped or starting.
///
/// A consumer that has read everything hears nothing of brokers that went away but an error in passing, and what it
/// knows of the ends of partitions is from the last fetch.
final class KafkaWatch: Sendable {
  private let thread: DedicatedThread
  private let ending = Monitor(false)
  private let answered = Lock<Int64?>(nil)

  /// Begins to ask, at once and then every `watchMilliseconds`.
  ///
  /// - Parameters:
  ///   - settings: what is read.
  ///   - notify: takes notices for the log.
  ///   - tell: takes what was seen each time.
  init(
    _ settings: KafkaSourceSettings, notify: @escaping @Sendable (SourceNotice) -> Void,
    tell: @escaping @Sendable (SourceSight) -> Void
  ) {
    let (ending, answered) = (ending, answered)
    thread = DedicatedThread(name: "source watch") {
      var look = KafkaLook(settings) { ending.read { $0 } }
      var notices = WatchNotices(topic: settings.topic, notify: notify)
      while !ending.read({ $0 }) {
        let began = monotonicMilliseconds()
        let sight = look.look()
        if ending.read({ $0 }) { return }
        if sight.problem == nil { answered.withLock { $0 = began } }
        notices.take(sight.problem, at: began)
        tell(sight)
        // What fails is to be seen to be over soon.
        let pause = sight.problem == nil ? settings.watchMilliseconds : min(1000, settings.watchMilliseconds)
        _ = ending.wait(milliseconds: Int(clamping: pause)) { $0 ? true : nil }
      }
    }
  }

  /// When the last question was asked that all partitions' brokers answered, on the monotonic clock.
  var lastAnswer: Int64? { answered.withLock { $0 } }

  /// Ends asking, within a second or so; to be called once.
  func end() {
    ending.update { $0 = true }
    thread.join()
  }
}

/// Looks how far a topic reaches; the watch's thread alone has it.
private struct KafkaLook {
  /// How long brokers may be silent, as while one of them takes over from another, before that is a problem.
  private static let patience: Int64 = 3000
  private static let questionMilliseconds: Int32 = 1000

  private let settings: KafkaSourceSettings
  private let reports: KafkaReports
  private let isCancelled: () -> Bool
  private var consumer: KafkaConsumer?
  /// The last problem told, which is not told in other words each time.
  private var lasting: SourceProblem?

  init(_ settings: KafkaSourceSettings, isCancelled: @escaping () -> Bool) {
    self.settings = settings
    self.isCancelled = isCancelled
    // What goes wrong is told once, by the watch.
    reports = KafkaReports(topic: settings.topic) { _ in }
  }

  mutating func look() -> SourceSight {
    var sight = SourceSight(ends: [:])
    do throws(SourceProblem) {
      let consumer = try knownConsumer()
      let partitions = try patiently(consumer) { (timeout) throws(KafkaError) in
        try consumer.partitions(of: settings.topic, timeoutMilliseconds: timeout)
      }
      for partition in partitions where !isCancelled() {
        do throws(SourceProblem) {
          sight.ends[partition] = try patiently(consumer) { (timeout) throws(KafkaError) in
            try consumer.watermarks(topic: settings.topic, partition: partition, timeoutMilliseconds: timeout).high
          }
        } catch {
          sight.problem = Self.silence(of: partition, settings.topic, since: error)
          // What one of many brokers does not answer must not be waited for once a partition.
          break
        }
      }
    } catch {
      sight.problem = error
    }
    if sight.problem?.kind != lasting?.kind { lasting = sight.problem }
    sight.problem = lasting
    return sight
  }

  private mutating func knownConsumer() throws(SourceProblem) -> KafkaConsumer {
    if let consumer { return consumer }
    let new = try KafkaSource.makeAskingConsumer(settings, reports)
    consumer = new
    return new
  }

  /// Asks again until an answer comes, it is clear that none will, or patience ends.
  private func patiently<Answer>(
    _ consumer: KafkaConsumer, _ ask: (Int32) throws(KafkaError) -> Answer
  ) throws(SourceProblem) -> Answer {
    let deadline = monotonicMilliseconds() + Self.patience
    while true {
      do throws(KafkaError) {
        let answer = try ask(Self.questionMilliseconds)
        // What was reported before an answer is over.
        consumer.consume(maximum: 16, timeoutMilliseconds: 0) { _ in }
        _ = reports.takeProblem()
        return answer
      } catch {
        consumer.consume(maximum: 16, timeoutMilliseconds: 0) { _ in }
        if let reported = reports.takeProblem() { throw reported }
        let problem = KafkaReports.problem(for: error, topic: settings.topic)
        guard monotonicMilliseconds() < deadline, !isCancelled() else { throw problem }
        consumer.consume(maximum: 16, timeoutMilliseconds: 100) { _ in }
      }
    }
  }

  private static func silence(of partition: Int32, _ topic: String, since problem: SourceProblem) -> SourceProblem {
    guard problem.kind == .unreachable || problem.kind == .unreadable else { return problem }
    return SourceProblem(
      .unreachable,
      "nobody answers for partition \(partition) of topic \(topic), so how far behind it is is not known: "
        + "\(problem.message)", isTransient: true)
  }
}

/// Says in the log when a problem begins, now and then that it lasts, and when it is over.
private struct WatchNotices {
  private static let again: Int64 = 300_000

  let topic: String
  let notify: @Sendable (SourceNotice) -> Void
  private var problem: SourceProblem?
  private var since: Int64 = 0
  private var told: Int64 = 0

  init(topic: String, notify: @escaping @Sendable (SourceNotice) -> Void) {
    self.topic = topic
    self.notify = notify
  }

  mutating func take(_ found: SourceProblem?, at now: Int64) {
    switch (problem, found) {
    case (nil, nil): return
    case (_?, nil):
      notify(SourceNotice(.info, "topic \(topic) answers again, after \((now - since) / 1000) s"))
    case (let old?, let new?) where old == new:
      guard now - told >= Self.again else { return }
      notify(SourceNotice(.warning, "for \((now - since) / 1000) s: \(new.message)"))
      told = now
    case (_, let new?):
      notify(SourceNotice(.warning, new.message))
      if problem == nil { since = now }
      told = now
    }
    problem = found
  }
}
