import EventSources
import Glibc
import Threads

/// A log of records in memory, shared by the sources that read it one after the other.
struct MemoryLog: Sendable {
  /// One record: its payload and its partition; its offset is its place among the records of its partition.
  struct Record: Sendable {
    var partition: Int32
    var payload: String
  }

  var partitions: [[String]]

  init(partitions: Int) {
    self.partitions = Array(repeating: [], count: partitions)
  }

  mutating func append(_ payload: String, to partition: Int32 = 0) {
    partitions[Int(partition)].append(payload)
  }

  var count: Int { partitions.reduce(0) { $0 + $1.count } }
}

/// What a test tells its source while it runs, and what the source tells the test.
final class MemorySourceControl: Sendable {
  struct State: Sendable {
    /// Records are delivered until so many have been, in all starts together.
    var allowed = Int.max
    var delivered = 0
    var endsAtEnd = false
    /// The offsets below which a partition's records are gone.
    var earliest: [Int32: Int64] = [:]
    var failsToStart: SourceProblem?
    /// The position is of another topic, until a place in this one is chosen.
    var isAnother = false
    /// A start waits while this is set.
    var holdsStarts = false
    var starts: [SourcePosition?] = []
    /// What is to be told next: of the records delivered, and instead of records.
    var news: [SourceNews] = []
    var problem: SourceProblem?
    /// Where a fresh start begins.
    var begins: Int64 = 0
    var published: SourcePosition?

    mutating func takeProblem() -> SourceProblem? {
      defer { problem = nil }
      return problem
    }

    mutating func takeNews() -> [SourceNews] {
      defer { news = [] }
      return news
    }
  }

  let state = Lock(State())

  func allow(_ count: Int) { state.withLock { $0.allowed = count } }
  var delivered: Int { state.withLock { $0.delivered } }
  var starts: [SourcePosition?] { state.withLock { $0.starts } }
}

/// A source over a log in memory. With several partitions the order of delivery is drawn from a seed, so that two
/// sources with different seeds interleave the same log differently: only the journal can bring back an order.
final class MemorySource: EventSource {
  let kind = SourceKind.kafka
  let needsOrderJournal: Bool
  private let log: MemoryLog
  private let control: MemorySourceControl
  private var random: UInt64
  private var next: [Int64]
  private var replay: [JournalRun] = []

  init(_ log: MemoryLog, control: MemorySourceControl, seed: UInt64) {
    self.log = log
    self.control = control
    random = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    next = Array(repeating: 0, count: log.partitions.count)
    needsOrderJournal = log.partitions.count > 1
  }

  func start(at position: SourcePosition?, missing: MissingPositionPolicy, replaying: [JournalRun])
    throws(SourceProblem) -> StartReport
  {
    while control.state.withLock({ $0.holdsStarts }) { sched_yield() }
    if let problem = control.state.withLock({ $0.failsToStart }) { throw problem }
    var start = position ?? SourcePosition(kind: .kafka, identity: "memory")
    let earliest = control.state.withLock { $0.earliest }
    let isAnother = control.state.withLock { $0.isAnother }
    if isAnother, position != nil {
      guard missing != .refuse else { throw SourceProblem(.otherSource, "another topic") }
      for partition in log.partitions.indices {
        start.jump(partition: Int32(partition), to: earliest[Int32(partition)] ?? 0)
      }
      control.state.withLock { $0.isAnother = false }
    }
    for partition in log.partitions.indices {
      let number = Int32(partition)
      if start[number] == nil { start.jump(partition: number, to: control.state.withLock { $0.begins }) }
      let first = earliest[number] ?? 0
      guard let wanted = start[number]?.nextOffset, wanted < first else { continue }
      let lost = LostPosition(
        partition: number, wanted: wanted, earliest: first, latest: Int64(log.partitions[partition].count))
      switch missing {
      case .refuse: throw SourceProblem(.positionLost, "the position is gone", lost: [lost])
      case .earliest: start.jump(partition: number, to: first)
      case .latest: start.jump(partition: number, to: Int64(log.partitions[partition].count))
      case .offsets(let offsets): start.jump(partition: number, to: offsets[number] ?? first)
      case .time(let milliseconds): start.jump(partition: number, to: max(first, milliseconds - 1_000))
      }
    }
    for entry in start.partitions { next[Int(entry.partition)] = entry.nextOffset }
    replay = replaying
    control.state.withLock { $0.starts.append(position) }
    var report = StartReport(position: start)
    report.isAnotherSource = isAnother && position != nil
    return report
  }

  func nextBatch(maximum: Int, timeoutMilliseconds: Int, _ body: (RecordBatch) -> Void) -> SourceEvent {
    if let problem = control.state.withLock({ $0.takeProblem() }) { return .problem(problem) }
    var records: [SourceRecord] = []
    var payloads: [[UInt8]] = []
    let allowed = control.state.withLock { $0.allowed - $0.delivered }
    // A batch of a random length, so that batches never fall together with what is tested.
    let size = min(maximum, allowed, 1 + Int(draw() % 37))
    while payloads.count < size, let (partition, offset) = takeNext() {
      payloads.append(Array(log.partitions[Int(partition)][Int(offset)].utf8))
      records.append(
        SourceRecord(
          bytes: UnsafeRawBufferPointer(start: nil, count: 0), partition: partition, offset: offset,
          nextOffset: offset + 1, timestamp: 1_000 + offset))
    }
    if records.isEmpty {
      return isAtEnd && control.state.withLock({ $0.endsAtEnd }) ? .endOfStream : .idle(caughtUp: true)
    }
    control.state.withLock { $0.delivered += records.count }
    let flat = payloads.flatMap { $0 }
    flat.withUnsafeBytes { bytes in
      var start = 0
      for index in records.indices {
        let end = start + payloads[index].count
        records[index].bytes = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        start = end
      }
      records.withUnsafeBufferPointer { body(RecordBatch(records: $0)) }
    }
    return .records(records.count)
  }

  func takeNews() -> [SourceNews] { control.state.withLock { $0.takeNews() } }

  func sight() -> SourceSight? {
    SourceSight(
      ends: Dictionary(uniqueKeysWithValues: next.indices.map { (Int32($0), Int64(log.partitions[$0].count)) }))
  }

  func publish(learned position: SourcePosition) {
    control.state.withLock { $0.published = position }
  }

  func close() {}

  private var isAtEnd: Bool { next.indices.allSatisfy { next[$0] >= Int64(log.partitions[$0].count) } }

  private func takeNext() -> (Int32, Int64)? {
    while let run = replay.first {
      guard run.count > 0 else {
        next[Int(run.partition)] = run.nextOffset
        replay.removeFirst()
        if let earliest = control.state.withLock({ $0.earliest[run.partition] }), run.nextOffset < earliest {
          control.state.withLock { $0.problem = SourceProblem(.positionLost, "a jump leads to what is gone") }
          return nil
        }
        continue
      }
      replay[0].count -= 1
      if replay[0].count == 0 { replay.removeFirst() }
      next[Int(run.partition)] += 1
      return (run.partition, next[Int(run.partition)] - 1)
    }
    let open = next.indices.filter { next[$0] < Int64(log.partitions[$0].count) }
    guard !open.isEmpty else { return nil }
    let partition = open[Int(draw() % UInt64(open.count))]
    next[partition] += 1
    return (Int32(partition), next[partition] - 1)
  }

  private func draw() -> UInt64 {
    random ^= random << 13
    random ^= random >> 7
    random ^= random << 17
    return random
  }
}
