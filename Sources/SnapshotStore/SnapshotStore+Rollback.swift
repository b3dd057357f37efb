import DurableFiles
import EventSources

/// Where learning goes on after a rollback.
public enum RollbackPosition: Equatable, Sendable {
  /// Where reading stands now, with the skips that are still ahead of it: what was learned since is skipped for good.
  case keep(SourcePosition?, skips: [SkippedRange])
  /// At the position of the snapshot: what came since is learned again.
  case rewind
}

extension SnapshotStore {
  /// Goes back to a snapshot: writes a manifest that refers to its files and makes it current, on a new line of
  /// descent. Durable when the call returns.
  ///
  /// - Parameters:
  ///   - target: the snapshot, loaded with verification.
  ///   - position: where learning goes on.
  ///   - journal: the order journal's line that learning goes on with, where one is kept.
  /// - Returns: the new snapshot's manifest; its position and skips are those to go on with.
  public func rollback(
    to target: LoadedSnapshot, position: RollbackPosition, journal: JournalMark? = nil
  ) throws(SnapshotProblem) -> Manifest {
    try requirePlace()
    try removeRemains()
    let (id, current) = takeID()
    var manifest = target.manifest
    guard archive.contains(manifest.id) else { throw archive.unknown(manifest.id) }
    var skipped: [SkippedRange] = []
    switch position {
    case .rewind:
      break
    case .keep(let kept, let skips):
      if let kept { skipped = SkippedRanges.between(manifest.position, kept) }
      manifest.position = kept
      manifest.skips = skips
    }
    let mode: RollbackMode = if case .rewind = position { .rewind } else { .keep }
    manifest.rollback = Manifest.Rollback(from: current, to: manifest.id, mode: mode, skipped: skipped)
    if let journal {
      if manifest.position == nil {
        manifest.rollback?.journal = journal
      } else {
        manifest.position?.journal = journal
      }
    }
    manifest.files = archive.filesSeenFromBeside(manifest)
    manifest.parent = manifest.id
    manifest.base = nil
    manifest.id = id
    manifest.line = lineage.highestLine + 1
    manifest.created = ManifestJSON.now()
    manifest.reason = .rollback
    do throws(SnapshotProblem) {
      return try commit(manifest, replacing: current)
    } catch {
      if failpoint == nil { discard(SnapshotNames.temporaryPrefix + SnapshotNames.directory(id)) }
      throw error
    }
  }
}
