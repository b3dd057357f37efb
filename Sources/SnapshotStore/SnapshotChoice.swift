import EventSources

/// An operator's choice of the current snapshot, for as long as no snapshot is written after it.
///
/// What was learned after the snapshot was left by the choice, and its order, with the jumps of later rollbacks, is still
/// in the order journal. So learning goes on with a line of its own, as after a rollback.
public struct SnapshotChoice: Codable, Equatable, Sendable {
  /// The snapshot that was chosen.
  public var snapshot: UInt64

  /// The name of the journal's line.
  public var branch: UInt64

  /// The place in the journal where learning goes on from a snapshot.
  ///
  /// - Parameters:
  ///   - id: the snapshot: the chosen one, or an ancestor that was taken instead, whose line has a name of its own.
  ///   - mark: where the snapshot stands.
  func mark(for id: UInt64, at mark: JournalMark) -> JournalMark {
    let name = id == snapshot ? branch : max(1, (branch ^ (id &* 0x9E37_79B9_7F4A_7C15)) >> 11)
    return JournalMark(segment: mark.segment, records: mark.records, branch: name)
  }
}
