import Kafka

extension KafkaStart {
  /// The offsets at which partitions begin where they are told how.
  ///
  /// - Parameters:
  ///   - policy: where.
  ///   - partitions: those that need an offset; each has watermarks.
  ///   - watermarks: those of all partitions.
  ///   - isBySettings: whether the source's settings say where, not an operator.
  /// - Returns: an offset for each.
  /// - Throws: `positionLost` where a named offset is not there; `configuration` where other partitions are named.
  func places(
    _ policy: MissingPositionPolicy, of partitions: [Int32], _ watermarks: [Int32: KafkaWatermarks],
    isBySettings: Bool = false
  ) throws(SourceProblem) -> [Int32: Int64] {
    func each(_ place: (KafkaWatermarks) -> Int64) -> [Int32: Int64] {
      Dictionary(uniqueKeysWithValues: partitions.compactMap { (id) in watermarks[id].map { (id, place($0)) } })
    }
    switch policy {
    case .refuse, .earliest: return each(\.low)
    case .latest: return each(\.high)
    case .offsets(let offsets):
      return try named(
        offsets, partitions, watermarks, isBySettings ? "offsets of source.kafka.start_from" : "offsets named")
    case .time(let milliseconds):
      let found = try repeating { (timeout) throws(KafkaError) in
        try consumer.offsets(
          topic: settings.topic, partitions: partitions, at: milliseconds, timeoutMilliseconds: timeout)
      }
      // The watermarks were asked for before.
      return each(\.high).merging(found.map { ($0.partition, $0.offset) }) { end, found in min(end, found) }
    }
  }

  private func named(
    _ offsets: [Int32: Int64], _ partitions: [Int32], _ watermarks: [Int32: KafkaWatermarks], _ name: String
  ) throws(SourceProblem) -> [Int32: Int64] {
    let missing = partitions.filter { offsets[$0] == nil }.sorted()
    let surplus = offsets.keys.filter { !partitions.contains($0) }.sorted()
    guard missing.isEmpty, surplus.isEmpty else {
      func list(_ partitions: [Int32]) -> String { partitions.map(String.init).joined(separator: ", ") }
      let faults = [
        missing.isEmpty ? nil : "no offset is named for partition \(list(missing))",
        surplus.isEmpty ? nil : "partition \(list(surplus)) is named, which has no need of one or is not there",
      ]
      throw SourceProblem(
        .configuration,
        "topic \(settings.topic) cannot be read from the \(name): \(faults.compactMap(\.self).joined(separator: "; "))"
          + ". Name an offset for partition \(list(partitions.sorted())), each and no other")
    }
    let gone = offsets.compactMap { (partition, offset) -> LostPosition? in
      guard let marks = watermarks[partition], offset < marks.low || offset > marks.high else { return nil }
      return LostPosition(partition: partition, wanted: offset, earliest: marks.low, latest: marks.high)
    }.sorted { $0.partition < $1.partition }
    guard gone.isEmpty else { throw offsetNotThere(gone, name) }
    return offsets
  }

  private func offsetNotThere(_ gone: [LostPosition], _ name: String) -> SourceProblem {
    let places = gone.map { position in
      "partition \(position.partition) at offset \(position.wanted) (there are \(position.earliest ?? 0) to "
        + "\(position.latest ?? 0))"
    }
    return SourceProblem(
      .positionLost,
      "topic \(settings.topic) does not have the \(name): \(places.joined(separator: ", ")). Learning begins when it is "
        + "told where: `earliest`, `latest`, a time, or offsets that are there",
      lost: gone)
  }
}
