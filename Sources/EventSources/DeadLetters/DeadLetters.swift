import DurableFiles
import Kafka
import Threads

/// Records that could not be used, sent on to a Kafka topic for others to repair.
///
/// Each keeps its bytes; its key is `topic/partition/offset` of where it came from, its headers are `reason` and
/// `detail`. They go through bounded files (`DeadLetterSpill`), from which a thread of its own delivers them, so that
/// nobody waits for a broker here and none is lost when the process ends. At least once: after a crash some are sent
/// again, with the same key. One thread uses it; its `figures` any.
public final class DeadLetters {
  /// The topic they go to.
  public let topic: String

  /// How it goes, for any thread.
  public let figures: DeadLetterFigures

  private let source: String
  private let spill: DeadLetterSpill
  private let sender: DeadLetterSender
  private let reports: KafkaReports
  private let changes = Lock<(@Sendable () -> Void)?>(nil)
  private var isFailing = false
  /// How many were told to be lost to a disk that failed.
  private var lostTold: UInt64 = 0
  private var isDropping = false

  /// Opens the spill, or makes it, and begins to deliver.
  ///
  /// - Parameters:
  ///   - topic: where they go.
  ///   - source: the name of where they come from, the first part of their keys.
  ///   - directory: where they wait; made where it is not there.
  ///   - limit: how many bytes may wait.
  ///   - properties: any of librdkafka's properties for a producer; `bootstrap.servers` at least.
  ///   - notify: takes notices for the log, on any thread.
  /// - Throws: `configuration`, naming the property at fault; `unreadable` where the directory is not usable.
  public init(
    topic: String, source: String, directory: String, limit: UInt64 = 64 << 20, properties: [String: String],
    notify: @escaping @Sendable (SourceNotice) -> Void = { _ in }
  ) throws(SourceProblem) {
    self.topic = topic
    self.source = source
    let reports = KafkaReports(topic: topic, notify: notify)
    self.reports = reports
    do throws(FileProblem) {
      spill = try DeadLetterSpill(directory: directory, limit: limit, notify: notify)
    } catch {
      throw SourceProblem(.unreadable, "dead letters cannot be kept until they are delivered: \(error)")
    }
    figures = DeadLetterFigures(spill.state)
    do throws(KafkaError) {
      let changes = changes
      sender = try DeadLetterSender(
        DeadLetterSender.Job(
          topic: topic, properties: properties, directory: directory, state: spill.state, reports: reports,
          problemsChanged: { changes.withLock { $0 }?() }))
    } catch {
      throw KafkaReports.problem(for: error, topic: topic)
    }
  }

  /// Whether an earlier process left some in a directory that wait to be delivered.
  public static func mayWait(in directory: String) -> Bool {
    let names = (try? DirectoryHandle.names(in: directory)) ?? []
    return names.contains { SpillFormat.number($0) != nil }
  }

  /// What is called, on any thread, when something became a problem, or ceased to be one.
  public func whenProblemsChange(_ call: @escaping @Sendable () -> Void) {
    changes.withLock { $0 = call }
  }

  /// Adds a record; waits for nothing. A failure is counted and told, never thrown: a record that cannot be learned must
  /// not hold up those that can.
  public func add(_ record: SourceRecord, reason: String, detail: String) {
    let key = "\(source)/\(record.partition)/\(record.offset)"
    do throws(FileProblem) {
      try spill.add(key: key, reason: reason, detail: detail, value: record.bytes)
      isFailing = false
    } catch {
      spill.state.update { $0.drop(1) }
      if !isFailing {
        reports.notice(.error, "dead letters are dropped, from \(key) on: \(error). They are in the quarantine file")
      }
      isFailing = true
    }
    noteDropping()
  }

  /// The place after the newest, for a snapshot.
  public var place: SpillPlace { spill.end }

  /// The files that must be synced before a snapshot names `place`; any thread may do it. `noteSynced` or
  /// `noteSyncFailed` must follow here.
  ///
  /// - Throws: where a sync failed before, and what it was for cannot be written anew: no snapshot may name `place` then.
  public func filesToSync() throws(FileProblem) -> [OpenFile] {
    defer { noteDropping() }
    return try spill.filesToSync()
  }

  /// What `filesToSync` gave is on the disk.
  public func noteSynced() { spill.noteSynced() }

  /// What `filesToSync` gave could not be synced: it goes on in a new file.
  public func noteSyncFailed() {
    do throws(FileProblem) {
      try spill.noteSyncFailed()
    } catch {
      reports.notice(
        .error,
        "dead letters could not be synced, nor be written anew; no snapshot is taken before they are: \(error)")
    }
    noteDropping()
  }

  /// Takes back those after a place that a snapshot kept: their records will be read, and added, again.
  public func takeBack(after place: SpillPlace) {
    let missing = spill.cut(after: place)
    guard missing > 0 else { return }
    reports.notice(
      .error,
      "\(missing) dead letters that a snapshot had synced are gone from \(spill.directory), and were not delivered; they "
        + "are in the quarantine file")
    noteDropping()
  }

  /// Delivers what waits for so long at most, and ends; what is left waits for the next start. To be called once.
  public func close(milliseconds: Int = 2000) { sender.stop(milliseconds: milliseconds) }

  private func noteDropping() {
    let now = spill.state.read { $0.isDropping }
    let lost = spill.lostToDisk &- lostTold
    if lost > 0 {
      lostTold = spill.lostToDisk
      reports.notice(
        .error,
        "\(lost) dead letters in \(spill.directory) could not be read back after a sync that failed, and are dropped; they "
          + "are in the quarantine file. Look at the disk")
    }
    defer { isDropping = now }
    guard now, !isDropping else { return }
    if !isFailing, lost == 0 {
      reports.notice(
        .error,
        "dead letters are dropped: \(figures.current.waitingBytes) bytes wait for topic \(topic), and no more may; raise "
          + "dead_letters.spill_size, or see why they are not delivered. They are in the quarantine file")
    }
    changes.withLock { $0 }?()
  }
}

/// How the delivery of dead letters goes, for any thread.
public struct DeadLetterFigures: Sendable {
  /// The figures of one moment.
  public struct Values: Equatable, Sendable {
    /// How many wait to be delivered, and the bytes that they take in the spill.
    public var waiting: UInt64 = 0
    /// The bytes that those take in the spill.
    public var waitingBytes: UInt64 = 0
    /// How many this process delivered.
    public var delivered: UInt64 = 0
    /// How many attempts of this process failed.
    public var failed: UInt64 = 0
    /// How many this process dropped.
    public var dropped: UInt64 = 0
    /// Why the last attempt failed, and what to do; nil once one is acknowledged.
    public var failure: String?
    /// Whether some were dropped, by an earlier process too, and not all others were delivered since.
    public var isDropping = false

    /// Nothing waits, and nothing ever did.
    public init() {}
  }

  private let state: Monitor<SpillState>

  init(_ state: Monitor<SpillState>) {
    self.state = state
  }

  /// The figures of this moment.
  public var current: Values {
    state.read { state in
      var values = Values()
      (values.waiting, values.waitingBytes) = state.waiting
      values.delivered = state.delivered
      values.failed = state.failed
      values.dropped = state.dropped
      values.failure = state.failure
      values.isDropping = state.isDropping
      return values
    }
  }
}
