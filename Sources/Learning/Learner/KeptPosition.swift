import EventSources
import SnapshotStore

/// Where reading goes on after a rollback that keeps the position, and what is skipped ahead of it.
///
/// For each partition it is the later of the present position and the snapshot's: what lies before the snapshot's is in
/// its model, and what lies before the present one was learned or skipped. Where both are in different sources it is
/// the present one, unless the snapshot's is in a source that came after it.
struct KeptPosition {
  /// Counts what the snapshot counted; nil where reading stood nowhere, then or now.
  var position: SourcePosition?

  /// Offsets ahead of the position that are never learned.
  var skips: [SkippedRange]

  init(
    present: SourcePosition?, skips: [SkippedRange], snapshot: SourcePosition?, snapshotSkips: [SkippedRange]
  ) {
    guard var kept = present else {
      (position, self.skips) = (snapshot, snapshotSkips)
      return
    }
    if let snapshot, snapshot.isInSuccessor(of: kept) {
      let moved = SkippedRanges.moved(skips, from: kept, to: snapshot)
      (position, self.skips) = (snapshot, snapshotSkips + moved)
      return
    }
    var ahead = skips
    if let snapshot, snapshot.isOfSameSource(as: kept) {
      for partition in snapshot.partitions where partition.nextOffset > kept[partition.partition]?.nextOffset ?? 0 {
        kept.partitions.removeAll { $0.partition == partition.partition }
        kept.partitions.append(partition)
        ahead += snapshotSkips.filter { $0.identity == nil && $0.partition == partition.partition }
      }
      kept.partitions.sort { $0.partition < $1.partition }
    }
    for index in kept.partitions.indices {
      let counted = snapshot?[kept.partitions[index].partition]
      kept.partitions[index].recordsLearned = counted?.recordsLearned ?? 0
      kept.partitions[index].checksumSum = counted?.checksumSum ?? RecordChecksum(0)
    }
    self.skips = SkippedRanges.apply(ahead, to: &kept)
    position = kept
  }
}
