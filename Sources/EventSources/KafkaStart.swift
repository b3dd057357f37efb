import Kafka

/// Finds out where to start: whether this is the topic the position belongs to, and whether the position is still there.
///
/// It asks with a consumer that has not been assigned yet, which it may use up.
struct KafkaStart {
  let consumer: KafkaConsumer
  let settings: KafkaSourceSettings
  let reports: KafkaReports
  /// What else ends asking.
  let isCancelled: () -> Bool
  private let deadline: Int64

  init(
    consumer: KafkaConsumer, settings: KafkaSourceSettings, reports: KafkaReports,
    isCancelled: @escaping () -> Bool = { false }
  ) {
    self.consumer = consumer
    self.settings = settings
    self.reports = reports
    self.isCancelled = isCancelled
    deadline = monotonicMilliseconds() + settings.startTimeoutMilliseconds
  }

  /// The position to start at.
  ///
  /// - Parameter runs: what will be replayed: a fresh start that replays begins where that did, not where a start
  ///   without a journal would.
  func resolve(_ position: SourcePosition?, missing: MissingPositionPolicy, replaying runs: [JournalRun])
    throws(SourceProblem) -> StartReport
  {
    _ = reports.takeProblem()
    let topic = settings.topic
    let partitions = try repeating { (timeout) throws(KafkaError) in
      try consumer.partitions(of: topic, timeoutMilliseconds: timeout)
    }
    let cluster = consumer.clusterID(timeoutMilliseconds: 2000) ?? "unknown"
    let identity = "\(cluster)/\(topic)"
    var watermarks: [Int32: KafkaWatermarks] = [:]
    for partition in partitions {
      // The brokers have just named the partition: a consumer that does not know it yet is to ask again.
      watermarks[partition] = try repeating(isKnown: true) { (timeout) throws(KafkaError) in
        try consumer.watermarks(topic: topic, partition: partition, timeoutMilliseconds: timeout)
      }
    }
    let topicID = consumer.topicID(of: topic, timeoutMilliseconds: 2000)
    var report = StartReport(position: position ?? SourcePosition(kind: .kafka, identity: identity))
    report.position.kind = .kafka
    report.position.identity = identity
    if let position, cluster == "unknown", Self.mayBeSame(position.identity, identity) {
      // What is known of the cluster is not forgotten because it did not answer this time.
      report.position.identity = position.identity
    }
    if let position {
      try check(position, KafkaFound(identity: identity, topicID: topicID, watermarks: watermarks), missing, &report)
    }
    report.position.topicID = topicID ?? (report.isAnotherSource ? nil : position?.topicID)
    // A partition that appeared since the position was saved is read whole; a fresh start begins where it is told.
    let places =
      position == nil
      ? try freshPlaces(watermarks, replaying: runs) { () throws(SourceProblem) in
        try self.places(
          missing == .refuse ? settings.startsAt : missing, of: Array(watermarks.keys), watermarks,
          isBySettings: missing == .refuse)
      } : [:]
    for (partition, marks) in watermarks.sorted(by: { $0.key < $1.key }) where report.position[partition] == nil {
      let start = places[partition] ?? marks.low
      report.position.jump(partition: partition, to: start)
      report.notes.append(.newPartition(partition: partition, startsAt: start))
    }
    return report
  }

  /// Where a fresh start begins: where it began before, as the journal to be replayed says; else where it is told.
  private func freshPlaces(
    _ watermarks: [Int32: KafkaWatermarks], replaying runs: [JournalRun],
    told: () throws(SourceProblem) -> [Int32: Int64]
  ) throws(SourceProblem) -> [Int32: Int64] {
    var first: [Int32: JournalRun] = [:]
    for run in runs where first[run.partition] == nil { first[run.partition] = run }
    // A journal begins with where its partitions began; one that it does not name appeared later, and is read whole.
    if let begins = runs.first, begins.count == 0 {
      var places = watermarks.mapValues(\.low)
      var lost: [LostPosition] = []
      for (partition, run) in first.sorted(by: { $0.key < $1.key }) where run.count == 0 {
        guard let marks = watermarks[partition], run.nextOffset >= marks.low, run.nextOffset <= marks.high else {
          lost.append(
            LostPosition(
              partition: partition, wanted: run.nextOffset, earliest: watermarks[partition]?.low,
              latest: watermarks[partition]?.high))
          continue
        }
        places[partition] = run.nextOffset
      }
      guard lost.isEmpty else { throw Self.positionLost(lost, topic: settings.topic) }
      return places
    }
    // Those of earlier versions do not say it. Where offsets hold no records this is too high.
    return try told().reduce(into: [:]) { places, entry in
      let low = watermarks[entry.key]?.low ?? 0
      var start = entry.value
      if start > low, let run = first[entry.key], run.nextOffset >= 0 {
        start = max(low, run.nextOffset - Int64(run.count))
      }
      places[entry.key] = start
    }
  }

  private func check(
    _ position: SourcePosition, _ found: KafkaFound, _ missing: MissingPositionPolicy, _ report: inout StartReport
  ) throws(SourceProblem) {
    let watermarks = found.watermarks
    func lost(_ partition: PartitionPosition) -> LostPosition {
      let marks = watermarks[partition.partition]
      return LostPosition(
        partition: partition.partition, wanted: partition.nextOffset, earliest: marks?.low, latest: marks?.high)
    }
    let all = position.partitions.map(lost)
    guard position.kind == .kafka, Self.mayBeSame(position.identity, found.identity) else {
      return try move(
        all, isAnotherSource: true, missing, watermarks, &report,
        orThrow: Self.otherTopic(all, saved: position.identity, found: found.identity))
    }
    if let saved = position.topicID, let topicID = found.topicID, saved != topicID {
      return try move(
        all, isAnotherSource: true, missing, watermarks, &report,
        orThrow: Self.remadeTopic(all, saved: saved, found: topicID, topic: settings.topic))
    }
    let gone = position.partitions.filter { partition in
      guard let marks = watermarks[partition.partition] else { return true }
      return partition.nextOffset < marks.low || partition.nextOffset > marks.high
    }
    let present = position.partitions.filter { partition in !gone.contains(partition) }
    let answers = try readAgain(present, watermarks, \.lastRecord)
    // What was learned last may be of a topic that was made anew after the last check; what was checked then is not.
    let earlier = try readAgain(
      position.partitions.filter { $0.lastChecked != $0.lastRecord }, watermarks, \.lastChecked)
    let strange =
      present.filter { answers[$0.partition] == .another }.compactMap { $0.lastRecord?.offset }
      + position.partitions.filter { earlier[$0.partition] == .another }.compactMap { $0.lastChecked?.offset }
    if !strange.isEmpty {
      // One strange record means that the whole topic is another one.
      return try move(
        all, isAnotherSource: true, missing, watermarks, &report,
        orThrow: Self.recreatedTopic(all, at: strange, topic: settings.topic))
    }
    for partition in present {
      guard let last = partition.lastRecord else { continue }
      let isVerified = answers[partition.partition] == .same
      if isVerified { report.position.remember(SourceCheck(milliseconds: 0, records: [partition.partition: last])) }
      report.notes.append(
        isVerified
          ? .lastRecordVerified(partition: partition.partition, offset: last.offset)
          : .lastRecordGone(partition: partition.partition, offset: last.offset))
    }
    if !gone.isEmpty {
      let positions = gone.map(lost)
      // A partition that ends before the position lost records, or is another topic's: its offsets may name other
      // records than they did. A record of another partition that is still there vouches for the topic.
      let isShorter = positions.contains { lost in lost.latest.map { lost.wanted > $0 } ?? false }
      let isVouchedFor = present.contains { answers[$0.partition] == .same }
      try move(
        positions, isAnotherSource: isShorter && !isVouchedFor, missing, watermarks, &report,
        orThrow: Self.positionLost(positions, topic: settings.topic))
    } else if missing.isExact {
      // Going on elsewhere than was named would pass for success.
      throw Self.positionIntact(position.partitions, topic: settings.topic)
    }
  }

  private func move(
    _ positions: [LostPosition], isAnotherSource: Bool, _ missing: MissingPositionPolicy,
    _ watermarks: [Int32: KafkaWatermarks], _ report: inout StartReport, orThrow problem: SourceProblem
  ) throws(SourceProblem) {
    guard missing != .refuse else { throw problem }
    report.isAnotherSource = isAnotherSource
    let places = try places(missing, of: positions.map(\.partition).filter { watermarks[$0] != nil }, watermarks)
    for position in positions {
      guard let target = places[position.partition] else {
        report.position.partitions.removeAll { $0.partition == position.partition }
        report.notes.append(.remark("partition \(position.partition) is no longer there; its position is forgotten"))
        continue
      }
      report.position.jump(partition: position.partition, to: target)
      report.position.forgetChecked(partition: position.partition)
      report.notes.append(.positionMoved(position, to: target))
    }
  }

  /// Reads one of the records that are remembered of each partition again, where its offset is still there.
  private func readAgain(
    _ positions: [PartitionPosition], _ watermarks: [Int32: KafkaWatermarks],
    _ record: (PartitionPosition) -> LastRecord?
  ) throws(SourceProblem) -> [Int32: KafkaRecordsAgain.Answer] {
    var wanted: [Int32: LastRecord] = [:]
    for position in positions {
      guard let last = record(position), let marks = watermarks[position.partition] else { continue }
      if last.offset >= marks.low && last.offset < marks.high { wanted[position.partition] = last }
    }
    guard !wanted.isEmpty else { return [:] }
    let reading = KafkaRecordsAgain(
      topic: settings.topic, reports: reports, deadline: deadline, isCancelled: isCancelled)
    let reader = consumer.isAssigned ? try KafkaSource.makeAskingConsumer(settings, reports) : consumer
    return try reading.read(wanted, with: reader) ?? [:]
  }

  /// Asks until an answer comes or the time for a start is over; a refused login ends it at once.
  ///
  /// - Parameters:
  ///   - isKnown: whether what is asked about is known to be there, so that the contrary may pass.
  ///   - ask: asks, and waits at most so many milliseconds.
  func repeating<Answer>(
    isKnown: Bool = false, _ ask: (Int32) throws(KafkaError) -> Answer
  ) throws(SourceProblem) -> Answer {
    while true {
      do throws(KafkaError) {
        return try ask(1000)
      } catch {
        // Lets the consumer tell why.
        consumer.consume(maximum: 1, timeoutMilliseconds: 0) { _ in }
        let reported = reports.takeProblem()
        if let reported, reported.kind == .refused { throw reported }
        let problem = KafkaReports.problem(for: error, topic: settings.topic)
        guard error.isRetriable || (isKnown && error.code == .unknownTopicOrPartition) else { throw problem }
        if monotonicMilliseconds() > deadline || isCancelled() { throw reported ?? problem }
        consumer.consume(maximum: 1, timeoutMilliseconds: 100) { _ in }
      }
    }
  }

  /// Whether two identities, `cluster id/topic`, may be one topic's: a cluster that did not tell its id may be any.
  static func mayBeSame(_ saved: String, _ found: String) -> Bool {
    let saved = saved.split(separator: "/", maxSplits: 1)
    let found = found.split(separator: "/", maxSplits: 1)
    guard saved.count == 2, found.count == 2, saved[1] == found[1] else { return saved == found }
    return saved[0] == found[0] || saved[0] == "unknown" || found[0] == "unknown"
  }
}

/// What the brokers say of a topic.
struct KafkaFound {
  var identity: String
  var topicID: String?
  var watermarks: [Int32: KafkaWatermarks]
}

extension KafkaStart {
  static func positionLost(_ lost: [LostPosition], topic: String) -> SourceProblem {
    let places = lost.map { position in
      let range =
        if let earliest = position.earliest, let latest = position.latest {
          "there are \(earliest) to \(latest)"
        } else {
          "it is out of range"
        }
      return "partition \(position.partition) at offset \(position.wanted) (\(range))"
    }
    return SourceProblem(
      .positionLost,
      "topic \(topic) no longer has the saved position: \(places.joined(separator: ", ")). Retention removed it, or the "
        + "topic was made anew. Learning stops until it is told to go on at `earliest`, `latest`, a time or offsets",
      lost: lost)
  }

  static func otherTopic(_ lost: [LostPosition], saved: String, found: String) -> SourceProblem {
    SourceProblem(
      .otherSource,
      "the saved position belongs to \(saved), but this is \(found). Correct the source's settings, or tell learning to "
        + "go on at `earliest`, `latest`, a time or offsets of this one",
      lost: lost)
  }

  static func recreatedTopic(_ lost: [LostPosition], at offsets: [Int64], topic: String) -> SourceProblem {
    SourceProblem(
      .otherSource,
      "topic \(topic) is not the one that was learned: the record at offset "
        + "\(offsets.map(String.init).joined(separator: ", ")) has another payload, so the topic was made anew. Learning "
        + "stops until it is told to go on at `earliest`, `latest`, a time or offsets",
      lost: lost)
  }

  static func remadeTopic(_ lost: [LostPosition], saved: String, found: String, topic: String) -> SourceProblem {
    SourceProblem(
      .otherSource,
      "topic \(topic) is not the one that was learned: its id is \(found), and was \(saved), so the topic was made anew. "
        + "Learning stops until it is told to go on at `earliest`, `latest`, a time or offsets",
      lost: lost)
  }

  /// Where a place was named although none is missing.
  static func positionIntact(_ positions: [PartitionPosition], topic: String) -> SourceProblem {
    let places = positions.map { "partition \($0.partition) at offset \($0.nextOffset)" }.joined(separator: ", ")
    return SourceProblem(
      .configuration,
      "topic \(topic) still has the saved position (\(places)), which a time or offsets cannot move: resume with "
        + "`earliest`, which keeps it")
  }
}
