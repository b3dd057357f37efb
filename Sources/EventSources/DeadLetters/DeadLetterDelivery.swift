// Unsafe memory: views of an entry, valid until the reader is used again, given to the producer, which copies them.
import DurableFiles
import Kafka
import Threads

/// The sender's work, on its thread alone.
final class DeadLetterDelivery {
  private enum Fate {
    case underWay, done, failed
  }

  /// An entry that was read, in the order of the spill.
  private struct Outstanding {
    var start: SpillPlace
    var end: SpillPlace
    var bytes: Int
    var fate: Fate
    /// Its key, where it was sent while nothing else was under way; nil where others may have been in its batch.
    var keyAlone: String?
  }

  private let job: DeadLetterSender.Job
  private var producer: KafkaProducer
  private let reader = SpillReader()

  /// Where the next entry is read.
  private var cursor: SpillPlace
  private var outstanding: [Outstanding] = []
  /// The tag of the first outstanding one; the others follow.
  private var firstTag: UInt = 0
  private var underWay = (entries: 0, bytes: 0)

  /// Those acknowledged behind one that was not, which are not sent again with it.
  private var acknowledged: Set<SpillPlace> = []

  /// What kept an entry from being delivered since all were read again; what was acknowledged since the last look.
  private var problem: KafkaError?
  /// Whether a batch was refused as too large since all were read again, which says nothing about one of its entries.
  private var isBatchRefused = false
  /// The end of the last entry that was in such a batch: up to there one is sent at a time.
  private var aloneUntil = SpillPlace()
  private var counts = (delivered: UInt64(0), failed: UInt64(0), givenUp: UInt64(0))

  private var retryAt: Int64 = 0
  private var retryMilliseconds = DeadLetterDelivery.firstRetryMilliseconds
  private var saved: SpillMark
  private var saveAt: Int64 = 0
  private var notices: DeadLetterNotices

  private static let mostUnderWay = 500
  private static let mostBytesUnderWay = 4 << 20
  private static let firstRetryMilliseconds: Int64 = 1000
  private static let longestRetryMilliseconds: Int64 = 30_000
  private static let saveMilliseconds: Int64 = 5000
  private static let pollMilliseconds: Int32 = 50

  init(_ job: DeadLetterSender.Job) throws(KafkaError) {
    self.job = job
    notices = DeadLetterNotices(job)
    producer = try Self.makeProducer(job)
    let state = job.state.read { $0 }
    cursor = state.mark
    saved = SpillMark(place: state.mark, isDropping: state.isDropping)
    producer.onDelivery = { [unowned self] tag, error in delivered(tag, error) }
  }

  private static func makeProducer(_ job: DeadLetterSender.Job) throws(KafkaError) -> KafkaProducer {
    // What fails is sent again from the spill, so nothing waits long inside the producer, unseen.
    let properties = ["message.timeout.ms": "30000", "topic.metadata.propagation.max.ms": "5000"]
      .merging(job.properties) { $1 }
    return try KafkaProducer(KafkaConfiguration(properties)) { job.reports.receive($0) }
  }

  func run() {
    while !isOver {
      producer.poll(timeoutMilliseconds: underWay.entries > 0 ? Self.pollMilliseconds : 0)
      settle()
      if !isHeldUp {
        sendMore()
      } else if underWay.entries == 0 {
        beginAgain()
      }
      settle()
      saveMark(ifDue: true)
      waitForWork()
    }
    saveMark(ifDue: false)
    removeDelivered()
    producer.onDelivery = nil
    if underWay.entries > 0 { producer.purge() }
  }

  /// Whether what is under way is waited for, and all is read again then.
  private var isHeldUp: Bool { problem != nil || isBatchRefused }

  /// Whether the end was asked for, and nothing more can be delivered before it.
  private var isOver: Bool {
    let (deadline, waiting) = job.state.read { ($0.deadline, $0.waiting.entries) }
    guard let deadline else { return false }
    return waiting == 0 || monotonicMilliseconds() >= deadline || retryAt >= deadline
  }

  private func waitForWork() {
    if underWay.entries > 0 || isHeldUp { return }
    let now = monotonicMilliseconds()
    let cursor = cursor
    if retryAt > now {
      _ = job.state.wait(milliseconds: Int(retryAt - now)) { $0.deadline == nil ? nil : true }
      return
    }
    let isSaveDue = SpillMark(job.state.read { $0 }) != saved
    _ = job.state.wait(milliseconds: isSaveDue ? Int(max(1, saveAt - now)) : nil) { state -> Bool? in
      state.senderWaits = state.deadline == nil && state.next(after: cursor) == nil
      return state.senderWaits ? nil : true
    }
  }

  // MARK: Sending

  /// Reads entries and gives them to the producer, as many as may be under way; one, while none is acknowledged and
  /// while those of a batch that was refused are sent again.
  private func sendMore() {
    // What follows the last of those waits for its answer too, so that it is in no batch with it.
    if underWay.entries == 0, cursor >= aloneUntil { aloneUntil = SpillPlace() }
    let isAlone = notices.isFailing || aloneUntil > SpillPlace()
    let most = isAlone ? 1 : Self.mostUnderWay
    while !isHeldUp, monotonicMilliseconds() >= retryAt {
      let cursor = cursor
      guard let (segment, place) = job.state.read({ $0.next(after: cursor) }) else { return reader.forget() }
      self.cursor = place
      while !isHeldUp, self.cursor.offset < segment.length {
        if underWay.entries >= most || underWay.bytes >= Self.mostBytesUnderWay { return }
        guard send(segment, alone: isAlone) else { return }
      }
    }
  }

  /// Sends the entry at the cursor; false where it must be tried again.
  private func send(_ segment: SpillSegment, alone: Bool) -> Bool {
    let found: SpillReader.Found
    do throws(FileProblem) {
      found = try reader.entry(of: segment.file, at: cursor.offset, length: segment.length)
    } catch {
      fail("\(error)")
      retryAt = monotonicMilliseconds() + Self.longestRetryMilliseconds
      return false
    }
    guard case .entry(let entry, let next) = found else { return skip(segment) }
    let end = SpillPlace(segment: segment.number, offset: next, entries: cursor.entries &+ 1)
    let isDone = acknowledged.remove(cursor) != nil
    // It stands there before the producer has it, which may tell what became of it within the same call.
    let index = outstanding.count
    outstanding.append(
      Outstanding(
        start: cursor, end: end, bytes: entry.value.count, fate: isDone ? .done : .underWay,
        keyAlone: alone ? String(decoding: entry.key, as: UTF8.self) : nil))
    if !isDone {
      underWay.entries += 1
      underWay.bytes += entry.value.count
      do throws(KafkaError) {
        try producer.produce(
          entry.value, to: job.topic, key: entry.key, headers: [("reason", entry.reason), ("detail", entry.detail)],
          timeoutMilliseconds: 0, tag: firstTag &+ UInt(index))
      } catch {
        underWay.entries -= 1
        underWay.bytes -= entry.value.count
        if error.code == .queueFull {
          outstanding.removeLast()
          return false
        }
        // The client refuses it for what it is itself.
        outstanding[index].keyAlone = String(decoding: entry.key, as: UTF8.self)
        outstanding[index].fate = fate(of: outstanding[index], after: error)
      }
    }
    cursor = end
    return !isHeldUp
  }

  /// Passes over the rest of a segment: it was cut off meanwhile, or it is damaged.
  private func skip(_ segment: SpillSegment) -> Bool {
    let place = cursor
    let lost = job.state.update { state -> UInt64 in
      guard let now = state.segments.first(where: { $0.number == segment.number }), now.length > place.offset else {
        return 0
      }
      let lost = max(1, now.entries - min(now.entries, place.entries))
      state.drop(lost)
      return lost
    }
    cursor = segment.end
    outstanding.append(Outstanding(start: place, end: cursor, bytes: 0, fate: .done))
    if lost > 0 { notices.tellLost(lost, in: segment.file.path, from: place.offset) }
    return true
  }

  /// Leaves no file where nothing waits; what is written down already says what number the next one has.
  private func removeDelivered() {
    let (mark, waiting, segments) = job.state.read { (SpillMark($0), $0.waiting.entries, $0.segments) }
    guard waiting == 0, mark == saved else { return }
    for segment in segments { try? DirectoryHandle.remove(segment.file.path) }
  }

  // MARK: Answers

  private func delivered(_ tag: UInt, _ error: KafkaError?) {
    let index = Int(clamping: tag &- firstTag)
    guard index < outstanding.count, outstanding[index].fate == .underWay else { return }
    underWay.entries -= 1
    underWay.bytes -= outstanding[index].bytes
    if let error {
      outstanding[index].fate = fate(of: outstanding[index], after: error)
    } else {
      outstanding[index].fate = .done
      counts.delivered &+= 1
      retryMilliseconds = Self.firstRetryMilliseconds
    }
  }

  /// What becomes of an entry that was not accepted: one that no broker will ever take is given up. A broker refuses
  /// whole batches, and the client then every record in them, so that is known only of one that was sent alone.
  private func fate(of entry: Outstanding, after error: KafkaError) -> Fate {
    counts.failed &+= 1
    guard error.code == .recordTooLarge else {
      problem = error
      return .failed
    }
    guard let key = entry.keyAlone else {
      isBatchRefused = true
      aloneUntil = max(aloneUntil, entry.end)
      return .failed
    }
    counts.givenUp &+= 1
    notices.tellDropped(key, error)
    return .done
  }

  /// Moves the mark over what is done with, and tells what changed.
  private func settle() {
    let counts = counts
    self.counts = (0, 0, 0)
    let done = outstanding.prefix { $0.fate == .done }.count
    let place = done > 0 ? outstanding[done - 1].end : nil
    if counts.delivered > 0 || counts.failed > 0 || place != nil {
      let unneeded = job.state.update { state -> [SpillSegment] in
        state.delivered &+= counts.delivered
        state.failed &+= counts.failed
        state.drop(counts.givenUp)
        if counts.delivered > 0 { state.failure = nil }
        return place.map { state.advance(to: $0) } ?? []
      }
      outstanding.removeFirst(done)
      firstTag &+= UInt(done)
      for segment in unneeded { try? DirectoryHandle.remove(segment.file.path) }
    }
    if let problem { fail(notices.explanation(of: problem)) }
    notices.tellChanges()
  }

  /// Reads again from the first that was not delivered: after a while, longer each time, or at once where only a batch
  /// was too large.
  private func beginAgain() {
    for one in outstanding where one.fate == .done { acknowledged.insert(one.start) }
    firstTag &+= UInt(outstanding.count)
    outstanding = []
    cursor = job.state.read { $0.mark }
    isBatchRefused = false
    guard let problem else { return }
    self.problem = nil
    retryAt = monotonicMilliseconds() + retryMilliseconds
    retryMilliseconds = min(retryMilliseconds * 2, Self.longestRetryMilliseconds)
    guard problem.isFatal, let another = try? Self.makeProducer(job) else { return }
    producer.onDelivery = nil
    producer = another
    producer.onDelivery = { [unowned self] tag, error in delivered(tag, error) }
  }

  private func fail(_ failure: String) {
    job.state.update { $0.failure = failure }
  }

  /// Writes down how far all is delivered, where that changed.
  private func saveMark(ifDue: Bool) {
    let now = monotonicMilliseconds()
    if ifDue, now < saveAt { return }
    let mark = SpillMark(job.state.read { $0 })
    guard mark != saved else { return }
    saveAt = now + Self.saveMilliseconds
    do throws(FileProblem) {
      try mark.write(in: job.directory)
      saved = mark
    } catch {
      job.reports.notice(.warning, "how far dead letters are delivered could not be written: \(error)")
    }
  }
}

extension SpillMark {
  /// How a spill stands.
  init(_ state: SpillState) {
    self.init(place: state.mark, isDropping: state.isDropping)
  }
}
