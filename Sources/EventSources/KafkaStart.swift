import Kafka

/// Finds out where to start: whether this is the topic the position belongs to, and whether the position is still there.
struct KafkaStart {
  let consumer: KafkaConsumer
  let settings: KafkaSourceSettings
  let reports: KafkaReports
  private let deadline: Int64

  init(consumer: KafkaConsumer, settings: KafkaSourceSettings, reports: KafkaReports) {
    self.consumer = consumer
    self.settings = settings
    self.reports = reports
    deadline = monotonicMilliseconds() + settings.startTimeoutMilliseconds
  }

  /// The position to start at.
  ///
  /// - Parameter runs: what will be replayed: a fresh start that replays begins where that did, not where a start
  ///   without a journal would.
  func resolve(_ position: SourcePosition?, missing: MissingPositionPolicy, replaying runs: [JournalRun])
    throws(SourceProblem) -> StartReport
  {
    // Stops whatever is being read: what was fetched for it is not wanted any more.
    try? consumer.assign(topic: settings.topic, [])
    _ = reports.takeProblem()
    let topic = settings.topic
    let partitions = try repeating { (timeout) throws(KafkaError) in
      try consumer.partitions(of: topic, timeoutMilliseconds: timeout)
    }
    let cluster = consumer.clusterID(timeoutMilliseconds: 2000) ?? "unknown"
    let identity = "\(cluster)/\(topic)"
    var watermarks: [Int32: KafkaWatermarks] = [:]
    for partition in partitions {
      watermarks[partition] = try repeating { (timeout) throws(KafkaError) in
        try consumer.watermarks(topic: topic, partition: partition, timeoutMilliseconds: timeout)
      }
    }
    var report = StartReport(position: position ?? SourcePosition(kind: .kafka, identity: identity))
    report.position.kind = .kafka
    report.position.identity = identity
    if let position, cluster == "unknown", Self.mayBeSame(position.identity, identity) {
      // What is known of the cluster is not forgotten because it did not answer this time.
      report.position.identity = position.identity
    }
    if let position {
      try check(position, identity, watermarks, missing, &report)
    }
    // A partition that appeared since the position was saved is read whole; a fresh start begins where it is told.
    let places =
      position == nil
      ? try self.places(
        missing == .refuse ? settings.startsAt : missing, of: Array(watermarks.keys), watermarks,
        isBySettings: missing == .refuse) : [:]
    for (partition, marks) in watermarks.sorted(by: { $0.key < $1.key }) where report.position[partition] == nil {
      var start = places[partition] ?? marks.low
      if start > marks.low, let run = runs.first(where: { $0.partition == partition }), run.nextOffset >= 0 {
        start = max(marks.low, run.nextOffset - Int64(run.count))
      }
      report.position.jump(partition: partition, to: start)
      report.notes.append(.newPartition(partition: partition, startsAt: start))
    }
    return report
  }

  private func check(
    _ position: SourcePosition, _ identity: String, _ watermarks: [Int32: KafkaWatermarks],
    _ missing: MissingPositionPolicy, _ report: inout StartReport
  ) throws(SourceProblem) {
    func lost(_ partition: PartitionPosition) -> LostPosition {
      let marks = watermarks[partition.partition]
      return LostPosition(
        partition: partition.partition, wanted: partition.nextOffset, earliest: marks?.low, latest: marks?.high)
    }
    guard position.kind == .kafka, Self.mayBeSame(position.identity, identity) else {
      try move(
        position.partitions.map(lost), missing, watermarks, &report,
        orThrow: Self.otherTopic(position.partitions.map(lost), saved: position.identity, found: identity))
      return
    }
    let gone = position.partitions.filter { partition in
      guard let marks = watermarks[partition.partition] else { return true }
      return partition.nextOffset < marks.low || partition.nextOffset > marks.high
    }
    let present = position.partitions.filter { partition in !gone.contains(partition) }
    let answers = try readLastRecords(of: present, watermarks)
    let strange = present.filter { answers[$0.partition] == .another }
    if !strange.isEmpty {
      // One strange record means that the whole topic is another one.
      let all = position.partitions.map(lost)
      try move(
        all, missing, watermarks, &report,
        orThrow: Self.recreatedTopic(all, at: strange.compactMap { $0.lastRecord?.offset }, topic: settings.topic))
      return
    }
    for partition in present {
      guard let last = partition.lastRecord else { continue }
      report.notes.append(
        answers[partition.partition] == .same
          ? .lastRecordVerified(partition: partition.partition, offset: last.offset)
          : .lastRecordGone(partition: partition.partition, offset: last.offset))
    }
    if !gone.isEmpty {
      let positions = gone.map(lost)
      try move(
        positions, missing, watermarks, &report, orThrow: Self.positionLost(positions, topic: settings.topic))
    } else if missing.isExact {
      // Going on elsewhere than was named would pass for success.
      throw Self.positionIntact(position.partitions, topic: settings.topic)
    }
  }

  private func move(
    _ positions: [LostPosition], _ missing: MissingPositionPolicy, _ watermarks: [Int32: KafkaWatermarks],
    _ report: inout StartReport, orThrow problem: SourceProblem
  ) throws(SourceProblem) {
    guard missing != .refuse else { throw problem }
    let places = try places(missing, of: positions.map(\.partition).filter { watermarks[$0] != nil }, watermarks)
    for position in positions {
      guard let target = places[position.partition] else {
        report.position.partitions.removeAll { $0.partition == position.partition }
        report.notes.append(.remark("partition \(position.partition) is no longer there; its position is forgotten"))
        continue
      }
      report.position.jump(partition: position.partition, to: target)
      report.notes.append(.positionMoved(position, to: target))
    }
  }

  private enum LastRecordAnswer { case same, another, gone }

  /// Reads the last record learned of each partition again and compares its payload.
  private func readLastRecords(of positions: [PartitionPosition], _ watermarks: [Int32: KafkaWatermarks])
    throws(SourceProblem) -> [Int32: LastRecordAnswer]
  {
    var wanted: [Int32: LastRecord] = [:]
    for position in positions {
      guard let last = position.lastRecord, let marks = watermarks[position.partition] else { continue }
      if last.offset >= marks.low && last.offset < marks.high { wanted[position.partition] = last }
    }
    guard !wanted.isEmpty else { return [:] }
    do throws(KafkaError) {
      try consumer.assign(
        topic: settings.topic, wanted.map { KafkaPartitionOffset(partition: $0.key, offset: $0.value.offset) })
    } catch {
      throw KafkaReports.problem(for: error, topic: settings.topic)
    }
    defer { try? consumer.assign(topic: settings.topic, []) }
    var answers: [Int32: LastRecordAnswer] = [:]
    while answers.count < wanted.count {
      if monotonicMilliseconds() > deadline { throw timedOut("reading the last records learned again") }
      consumer.consume(maximum: 64, timeoutMilliseconds: 100) { messages in
        for message in messages {
          guard let last = wanted[message.partition], answers[message.partition] == nil else { continue }
          if message.isRecord {
            let isSame = message.offset == last.offset && RecordChecksum(of: message.value) == last.checksum
            answers[message.partition] = isSame ? .same : message.offset == last.offset ? .another : .gone
          } else if let error = message.error, error.code == .endOfPartition || error.code == .offsetOutOfRange,
            // An error of what was read before may still come; its offset tells.
            message.offset == last.offset || (error.code == .endOfPartition && message.offset > last.offset)
          {
            answers[message.partition] = .gone
          }
        }
      }
    }
    return answers
  }

  /// Asks until an answer comes or the time for a start is over; a refused login ends it at once.
  func repeating<Answer>(_ ask: (Int32) throws(KafkaError) -> Answer) throws(SourceProblem) -> Answer {
    while true {
      do throws(KafkaError) {
        return try ask(1000)
      } catch {
        // Lets the consumer tell why.
        consumer.consume(maximum: 1, timeoutMilliseconds: 0) { _ in }
        let reported = reports.takeProblem()
        if let reported, reported.kind == .refused { throw reported }
        let problem = KafkaReports.problem(for: error, topic: settings.topic)
        guard error.isRetriable else { throw problem }
        if monotonicMilliseconds() > deadline { throw reported ?? problem }
        consumer.consume(maximum: 1, timeoutMilliseconds: 100) { _ in }
      }
    }
  }

  private func timedOut(_ action: String) -> SourceProblem {
    reports.takeProblem()
      ?? SourceProblem(
        .unreachable, "\(action) from topic \(settings.topic) took longer than \(settings.startTimeoutMilliseconds) ms",
        isTransient: true)
  }

  /// Whether two identities, `cluster id/topic`, may be one topic's: a cluster that did not tell its id may be any.
  static func mayBeSame(_ saved: String, _ found: String) -> Bool {
    let saved = saved.split(separator: "/", maxSplits: 1)
    let found = found.split(separator: "/", maxSplits: 1)
    guard saved.count == 2, found.count == 2, saved[1] == found[1] else { return saved == found }
    return saved[0] == found[0] || saved[0] == "unknown" || found[0] == "unknown"
  }
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

  /// Where a place was named although none is missing.
  static func positionIntact(_ positions: [PartitionPosition], topic: String) -> SourceProblem {
    let places = positions.map { "partition \($0.partition) at offset \($0.nextOffset)" }.joined(separator: ", ")
    return SourceProblem(
      .configuration,
      "topic \(topic) still has the saved position (\(places)), which a time or offsets cannot move: resume with "
        + "`earliest`, which keeps it")
  }
}
