extension Lineage {
  /// The records that are still of use, and one that says what all others came to: from them comes the same lineage,
  /// but for snapshots that no descent leads to or through.
  ///
  /// Kept are the newest records, so that people can read what happened, and of the others those of snapshots that are
  /// there, of their parents, and of rollbacks and inherited skips that a start from an older snapshot has to honour.
  /// The descent of a snapshot whose files are gone is shortened to the next that is kept.
  ///
  /// - Parameters:
  ///   - entries: all records of the log.
  ///   - present: the numbers of the snapshots that are there in any form.
  ///   - newest: how many of the newest records are kept as they are.
  static func compacted(_ entries: [LineageEntry], present: Set<UInt64>, newest: Int) -> [LineageEntry] {
    let older = entries.dropLast(newest)
    var then = Lineage()
    for entry in older { then.apply(entry.record) }
    var whole = then
    for entry in entries.suffix(newest) { whole.apply(entry.record) }
    var unchanged = present
    for entry in entries.suffix(newest) {
      if let id = entry.record.snapshot?.id { unchanged.insert(id) }
    }
    let descent = ShortenedDescent(whole, present: present, unchanged: unchanged)
    var result: [LineageEntry] = []
    for entry in older {
      if let record = descent.shortened(entry.record) { result.append(LineageEntry(time: entry.time, record)) }
    }
    result.append(LineageEntry(.compacted(CompactedLineage(then))))
    return result + entries.suffix(newest)
  }
}

extension LineageRecord {
  /// The snapshot that the record is of.
  fileprivate var snapshot: Snapshot? {
    switch self {
    case .snapshot(let snapshot), .rollback(let snapshot, _), .found(let snapshot, _), .chosen(let snapshot, _, _, _):
      snapshot
    default: nil
    }
  }
}

extension CompactedLineage {
  init(_ lineage: Lineage) {
    self.init(
      records: lineage.records, known: lineage.known, highestNumber: lineage.highestID,
      highestLine: lineage.highestLine, line: lineage.line, current: lineage.current,
      takenInsteadOf: lineage.takenInsteadOf, choice: lineage.choice, learning: lineage.learning)
  }
}

/// Which snapshots a compacted lineage keeps, and what they descend from among these.
private struct ShortenedDescent {
  private let present: Set<UInt64>
  /// Those whose records stay as they are, with the parents that they name.
  private let unchanged: Set<UInt64>
  private var kept: Set<UInt64>
  /// For each other that is kept, the nearest ancestor that is kept.
  private var ancestors: [UInt64: UInt64] = [:]

  init(_ lineage: Lineage, present: Set<UInt64>, unchanged: Set<UInt64>) {
    self.present = present
    self.unchanged = unchanged
    kept = unchanged
    if let current = lineage.current { kept.insert(current) }
    if let instead = lineage.takenInsteadOf { kept.insert(instead) }
    // No start goes further back than to the oldest that is there.
    if let oldest = present.min() {
      kept.formUnion(lineage.rollbacks.keys.filter { $0 > oldest })
      kept.formUnion(lineage.inheritedSkips.keys.filter { $0 > oldest })
    }
    for id in unchanged {
      if let parent = lineage.snapshots[id]?.parent { kept.insert(parent) }
    }
    var nearest: [UInt64: UInt64?] = [:]
    for id in kept where !unchanged.contains(id) {
      var passed: [UInt64] = []
      var next = lineage.snapshots[id]?.parent
      var found: UInt64?
      while let ancestor = next {
        if kept.contains(ancestor) {
          found = ancestor
          break
        }
        if let known = nearest[ancestor] {
          found = known
          break
        }
        // A lineage that was tampered with may go in a circle.
        nearest[ancestor] = .some(nil)
        passed.append(ancestor)
        next = lineage.snapshots[ancestor]?.parent
      }
      for ancestor in passed { nearest[ancestor] = found }
      ancestors[id] = found
    }
  }

  /// The record as it is kept; nil where it is of no use any more.
  func shortened(_ record: LineageRecord) -> LineageRecord? {
    switch record {
    case .snapshot(let snapshot): shortened(snapshot).map { .snapshot($0) }
    case .rollback(let snapshot, let rollback): shortened(snapshot).map { .rollback($0, rollback) }
    case .found(let snapshot, let rollback): shortened(snapshot).map { .found($0, rollback) }
    case .chosen(let snapshot, let rollback, let line, let branch):
      shortened(snapshot).map { .chosen($0, rollback, line: line, branch: branch) }
    case .setAside(let id, _, _): present.contains(id) ? record : nil
    case .ancestorTaken(let id, _, _): kept.contains(id) ? record : nil
    case .learning, .compacted: nil
    default: record
    }
  }

  private func shortened(_ snapshot: LineageRecord.Snapshot) -> LineageRecord.Snapshot? {
    guard kept.contains(snapshot.id) else { return nil }
    if unchanged.contains(snapshot.id) { return snapshot }
    var snapshot = snapshot
    snapshot.parent = ancestors[snapshot.id]
    return snapshot
  }
}
