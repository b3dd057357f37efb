import EventSources

/// What a source delivered, as a learner would keep it.
struct Collected {
  struct Record: Equatable {
    var partition: Int32
    var offset: Int64
    var nextOffset: Int64
    var text: String
    var isTruncated = false
  }

  var records: [Record] = []
  var position: SourcePosition
  var runs: [JournalRun] = []
  var last: SourceEvent = .idle(caughtUp: false)
  /// How often checks vouched for records.
  var checks = 0

  init(_ report: StartReport) {
    position = report.position
  }

  var texts: [String] { records.map(\.text) }

  /// Takes records until there are so many, or nothing came for long, or the source says something final.
  mutating func take(_ count: Int, from source: any EventSource, maximum: Int = 100, patience: Int = 100) {
    var patience = patience
    let target = records.count + count
    while records.count < target && patience > 0 {
      last = source.nextBatch(maximum: min(maximum, target - records.count), timeoutMilliseconds: 100) { batch in
        if let identity = batch.refreshedIdentity { position.identity = identity }
        if let identity = batch.newIdentity { position.goOn(inFile: identity) }
        for record in batch.records { add(record) }
      }
      for news in source.takeNews() { take(news) }
      switch last {
      case .records: break
      case .idle: patience -= 1
      case .endOfStream: return
      case .problem(let problem):
        if !problem.isTransient || problem.needsRestart { return }
        patience -= 1
      }
    }
  }

  private mutating func take(_ news: SourceNews) {
    switch news {
    case .checked(let check):
      checks += 1
      position.remember(check)
    case .reachedEnds(let ends):
      for (partition, end) in ends { position.reachEnd(of: partition, at: end) }
    }
  }

  private mutating func add(_ record: SourceRecord) {
    records.append(
      Record(
        partition: record.partition, offset: record.offset, nextOffset: record.nextOffset,
        text: String(decoding: record.bytes, as: UTF8.self), isTruncated: record.isTruncated))
    position.advance(
      partition: record.partition, offset: record.offset, nextOffset: record.nextOffset, timestamp: record.timestamp,
      checksum: record.checksum)
    if let run = runs.last, run.partition == record.partition {
      runs[runs.count - 1] = JournalRun(
        partition: run.partition, nextOffset: record.nextOffset, count: run.count + 1)
    } else {
      runs.append(JournalRun(partition: record.partition, nextOffset: record.nextOffset, count: 1))
    }
  }
}

extension EventSource {
  /// What stands wrong, in words.
  var standing: String? { standingProblem?.description }
}
