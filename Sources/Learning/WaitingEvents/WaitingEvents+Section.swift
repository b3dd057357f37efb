import Features
import SnapshotStore

extension WaitingEvents {
  /// The state as sections of a snapshot, the events in their order: a function of the events that came, alone, but for
  /// where their records came from, which has a section of its own.
  var sections: [SnapshotSection] {
    var columns = WaitingColumns()
    forEach { event, features, labelTime, number in
      columns.append(event, features, labelTime: labelTime, number: number)
    }
    return [
      SnapshotSection(
        SectionName.waiting, version: 1, isCanonical: true,
        tensors: [
          Tensor("counts", .unsigned64([nextNumber, early, undated])),
          Tensor("watermark", .signed64(watermark.map { [$0] } ?? [])),
        ] + columns.tensors),
      SnapshotSection(
        SectionName.waitingRecords, version: 1, isCanonical: false,
        tensors: [
          Tensor("offset", .signed64(columns.offsets)), Tensor("partition", .unsigned32(columns.partitions)),
        ]),
    ]
  }

  /// Goes on from sections; `self` is unchanged where that fails.
  ///
  /// - Parameters:
  ///   - section: the first of `sections`.
  ///   - records: the second.
  ///   - fieldPositions: for each field the features were saved under, its position now; nil for one that is gone, of
  ///     which the features are left out.
  ///   - slicePositions: for each field that was sliced, its position now; nil for one that is not sliced any more.
  /// - Throws: where the section has a version or tensors that are not known here.
  mutating func restore(
    _ section: SnapshotSection, records: SnapshotSection?, fieldPositions: [UInt16?], slicePositions: [Int?]
  ) throws(SnapshotProblem) {
    try section.require(version: 1)
    try records?.require(version: 1)
    let columns = try WaitingColumns(section, records)
    guard case .unsigned64(let counts)? = section["counts"], counts.count == 3,
      case .signed64(let watermark)? = section["watermark"], watermark.count <= 1
    else { throw WaitingColumns.damaged }
    var restored = WaitingEvents(isWanted: isWanted, capacity: capacity)
    (restored.nextNumber, restored.early, restored.undated) = (counts[0], counts[1], counts[2])
    restored.watermark = watermark.first
    var start = 0
    var features: [Feature] = []
    for index in columns.labelTimes.indices {
      let end = start + Int(columns.featureCounts[index])
      features.removeAll(keepingCapacity: true)
      for place in start..<end {
        guard Int(columns.fields[place]) < fieldPositions.count else { throw WaitingColumns.damaged }
        guard let field = fieldPositions[Int(columns.fields[place])] else { continue }
        features.append(Feature(hash: columns.hashes[place], value: columns.values[place], field: field))
      }
      let event = columns.event(index, slicePositions)
      features.withUnsafeBufferPointer {
        restored.insert(event, $0, labelTime: columns.labelTimes[index], number: columns.numbers[index])
      }
      start = end
    }
    self = restored
  }
}
