import Kafka

/// What is asked about the topic and its partitions while it is read.
extension KafkaSource {
  /// Whether what comes next may be another topic's.
  var isInDoubt: Bool { failure != nil || !suspects.isEmpty }

  /// What is wrong with positions that were said to be out of range; nil where none was. Whether they are lost, or the
  /// topic is another one, a start finds out: librdkafka stops reading where it told so.
  func problemOfSuspects() -> SourceProblem? {
    guard let consumer, !suspects.isEmpty else { return nil }
    do throws(KafkaError) {
      for partition in suspects.sorted() {
        guard let wanted = partitions[partition]?.nextOffset else { continue }
        let marks = try consumer.watermarks(topic: settings.topic, partition: partition, timeoutMilliseconds: 2000)
        let problem =
          "offset \(wanted) of partition \(partition) is out of range (there are \(marks.low) to \(marks.high))"
        if let replay, wanted < marks.low || wanted > marks.high {
          failure = replay.cannotGoOn(since: problem)
        } else {
          beDoubtful(since: problem)
        }
        break
      }
      suspects = []
      return failure
    } catch {
      // Asked again with the next call, where it may pass.
      let problem = KafkaReports.problem(for: error, topic: settings.topic)
      if !problem.isTransient || problem.needsRestart { failure = problem }
      return problem
    }
  }

  /// Takes the outcome of a check that ran beside the flow, and begins the next one where it is due.
  func tendTheCheck() {
    if let outcome = topicCheck?.takeOutcome() { take(outcome) }
    let now = monotonicMilliseconds()
    guard now >= nextRefresh else { return }
    nextRefresh = now + settings.partitionRefreshMilliseconds
    let check = topicCheck ?? KafkaTopicCheck(settings)
    topicCheck = check
    check.begin(
      KafkaTopicCheck.Known(
        identity: identity, topicID: topicID, partitions: Set(partitions.keys), compared: compared,
        delivered: partitions.compactMapValues(\.last)))
  }

  private func take(_ outcome: KafkaTopicCheck.Outcome) {
    switch outcome {
    case .unknown(let reason):
      reports.notice(.debug, "whether topic \(settings.topic) is still the same could not be checked: \(reason)")
      if let problem = protection.toldNothing(reason) { reports.notice(.warning, problem) }
    case .doubtful(let reason):
      beDoubtful(since: reason)
    case .same(let check, let topicID, let newPartitions):
      self.topicID = topicID ?? self.topicID
      protection.held(at: check.milliseconds)
      lastCheck = topicCheck?.beganAt ?? lastCheck
      compared.merge(check.records) { $1 }
      news.add(.checked(check))
      // A replay has its partitions apart; they are found again after it.
      if !newPartitions.isEmpty, replay == nil { add(newPartitions) }
    }
  }

  private func add(_ new: [KafkaPartitionOffset]) {
    do throws(KafkaError) {
      try consumer?.add(topic: settings.topic, new)
      for place in new {
        partitions[place.partition] = PartitionState(nextOffset: place.offset)
        reports.notice(
          .info, "topic \(settings.topic) has a new partition \(place.partition), read from offset \(place.offset)")
      }
    } catch {
      beDoubtful(since: "its new partitions could not be assigned: \(error)")
    }
  }

  /// Delivers nothing more until a start has found out whether this is still the topic that was learned.
  private func beDoubtful(since reason: String) {
    failure = SourceProblem(
      .unreadable,
      "topic \(settings.topic) may not be the one that was learned: \(reason). It is started again, which compares the "
        + "last records learned",
      isTransient: true, needsRestart: true)
  }

  /// Lets partitions that nothing is known of be known by the first records delivered.
  func beKnown(by first: [Int32: LastRecord]) {
    compared.merge(first) { $1 }
    news.add(.checked(SourceCheck(milliseconds: wallClockMilliseconds(), records: first)))
  }
}
