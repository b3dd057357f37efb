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
        let (sight, isAnswered) = look.look()
        if ending.read({ $0 }) { return }
        if isAnswered { answered.withLock { $0 = began } }
        notices.take(sight.problem, at: began)
        tell(sight)
        // What fails is to be seen to be over soon.
        let pause = sight.problem == nil ? settings.watchMilliseconds : min(1000, settings.watchMilliseconds)
        _ = ending.wait(milliseconds: Int(clamping: pause)) { $0 ? true : nil }
      }
    }
  }

  /// When the last question was asked that a broker answered, on the monotonic clock.
  var lastAnswer: Int64? { answered.withLock { $0 } }

  /// Asks no more.
  func cancel() {
    ending.update { $0 = true }
  }

  /// Ends asking, within a second or so; to be called once.
  func end() {
    cancel()
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
  /// The last problem told, and the partitions that nobody answered for in the last look.
  private var lasting: SourceProblem?
  private var silentBefore: [Int32] = []
  /// What came of asking for the last of them.
  private var cause = SourceProblem(.unreachable, "no answer", isTransient: true)

  init(_ settings: KafkaSourceSettings, isCancelled: @escaping () -> Bool) {
    self.settings = settings
    self.isCancelled = isCancelled
    // What goes wrong is told once, by the watch.
    reports = KafkaReports(topic: settings.topic) { _ in }
  }

  /// - Returns: what was seen, and whether a broker answered at all.
  mutating func look() -> (sight: SourceSight, isAnswered: Bool) {
    var sight = SourceSight(ends: [:])
    var silent: [Int32] = []
    var isAnswered = false
    do throws(SourceProblem) {
      let consumer = try knownConsumer()
      let topic = settings.topic
      let partitions = try patiently(consumer) { (timeout) throws(KafkaError) in
        try consumer.partitions(of: topic, timeoutMilliseconds: timeout)
      }
      isAnswered = true
      (sight.ends, silent) = try ends(of: partitions, consumer)
      if !silent.isEmpty { sight.problem = Self.silence(of: silent, topic, since: cause) }
    } catch {
      sight.problem = error
    }
    // That nobody answers is not told anew in other words.
    let isSame = sight.problem?.kind == .unreachable && lasting?.kind == .unreachable && silent == silentBefore
    if !isSame { lasting = sight.problem }
    sight.problem = lasting
    silentBefore = silent
    return (sight, isAnswered)
  }

  /// Asks for the ends of all partitions at once; where one of them keeps the others from being answered for, of each
  /// alone, for as long as patience lasts.
  ///
  /// - Returns: the ends that are known, and the partitions that nobody answered for, with those of the last look that there
  ///   was no time for.
  /// - Throws: what a broker answered instead of an end, such as that this user may not ask.
  private mutating func ends(
    of partitions: [Int32], _ consumer: KafkaConsumer
  ) throws(SourceProblem) -> (ends: [Int32: Int64], silent: [Int32]) {
    let topic = settings.topic
    var ends: [Int32: Int64] = [:]
    func ask(_ partitions: [Int32], _ milliseconds: Int64) throws(KafkaError) {
      let found = try consumer.ends(
        topic: topic, partitions: partitions, timeoutMilliseconds: Int32(clamping: milliseconds))
      for end in found { ends[end.partition] = end.offset }
    }
    let deadline = monotonicMilliseconds() + Self.patience
    let others = partitions.filter { !silentBefore.contains($0) }
    var suspects = partitions.filter(silentBefore.contains)
    while !others.isEmpty {
      do throws(KafkaError) {
        try ask(others, Int64(Self.questionMilliseconds))
        break
      } catch {
        // A leader that changes is no silence.
        let isOver = !suspects.isEmpty || monotonicMilliseconds() >= deadline || isCancelled()
        consumer.consume(maximum: 16, timeoutMilliseconds: isOver ? 0 : 100) { _ in }
        if !isOver { continue }
        suspects = others + suspects
        break
      }
    }
    var silent: [Int32] = []
    let end = monotonicMilliseconds() + Self.patience
    for partition in suspects where !isCancelled() {
      let left = end - monotonicMilliseconds()
      do throws(KafkaError) {
        guard left > 0 else {
          if silentBefore.contains(partition) { silent.append(partition) }
          continue
        }
        try ask([partition], min(left, Int64(Self.questionMilliseconds)))
      } catch {
        let problem = KafkaReports.problem(for: error, topic: topic)
        guard problem.kind == .unreachable || problem.kind == .unreadable else { throw problem }
        cause = problem
        silent.append(partition)
      }
    }
    return (ends, silent.sorted())
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

  private static func silence(of silent: [Int32], _ topic: String, since problem: SourceProblem) -> SourceProblem {
    let shown = silent.prefix(5).map(String.init).joined(separator: ", ")
    let which = silent.count == 1 ? "partition \(shown)" : "partitions \(shown)\(silent.count > 5 ? " and more" : "")"
    return SourceProblem(
      .unreachable,
      "nobody answers for \(which) of topic \(topic), whose leader may be away, so how far behind learning is there is not "
        + "known: \(problem.message)", isTransient: true)
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
