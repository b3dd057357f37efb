import AttentionalFM

/// Which rows of the embedding table a snapshot's own file holds.
public enum SnapshotExtent: Equatable, Sendable {
  /// All claimed ones: the snapshot needs no other.
  case full
  /// Those that changed since another snapshot, `base`, which must be the current one: each slot whose row changed,
  /// and each whose feature gave way to another.
  ///
  /// A slot that was ever claimed stays claimed, so a row that is not there is one that did not change.
  case changed(rows: Int, since: UInt64)
}

/// When a snapshot holds no more than the rows that changed since the one before.
public struct IncrementPolicy: Equatable, Sendable {
  /// Whether there are such snapshots at all.
  public var isOn: Bool

  /// A full snapshot is taken where all that followed the last full one would together exceed this share of its bytes.
  public var maximumShare: Double

  /// A full snapshot is taken where the last full one is followed by so many already.
  public var maximumCount: Int

  /// Makes a policy; a share below 0 and a count below 0 become 0, which is as good as off.
  public init(isOn: Bool = true, maximumShare: Double = 0.5, maximumCount: Int = 16) {
    self.isOn = isOn
    self.maximumShare = max(0, maximumShare)
    self.maximumCount = max(0, maximumCount)
  }

  /// Every snapshot is full.
  public static let off = IncrementPolicy(isOn: false)
}

extension SnapshotStore {
  /// What the next snapshot of a model holds: only what changed where that is allowed, possible and worth it, else all.
  ///
  /// It is full where the model's rows are not those of the current snapshot with changes that are known (a fresh
  /// model, a table of another size), where the chain has grown too long or too large, and where a file of the chain
  /// has gone or has another length.
  ///
  /// - Parameters:
  ///   - state: the model's state.
  ///   - rows: how many rows changed since `base`.
  ///   - base: the snapshot that the changes are counted from; nil where they are not known.
  ///   - policy: when a snapshot may hold only the changes.
  public func extent(
    of state: ModelState, changed rows: Int, since base: UInt64?, policy: IncrementPolicy
  ) -> SnapshotExtent {
    guard policy.isOn, let base, base == currentID, rows >= 0, let manifest = try? manifest(ofCurrent: base),
      manifest.formatVersion <= Manifest.newestVersion,
      manifest.model.kind == state.configuration.kind,
      manifest.model.effectiveEmbeddingSize == state.configuration.effectiveEmbeddingSize,
      manifest.model.actualTableSlots == state.configuration.actualTableSlots,
      let full = manifest.modelFiles.first, manifest.modelFiles.count <= policy.maximumCount
    else { return .full }
    let rowBytes = Double(RowSegment.rowBytes(embeddingSize: state.configuration.effectiveEmbeddingSize))
    let earlier = manifest.modelFiles.dropFirst().reduce(0) { $0 + Double($1.size) }
    // What is no row is in every file.
    let rest = max(0, Double(full.size) - Double(full.rows ?? 0) * rowBytes)
    guard earlier + rest + Double(rows) * rowBytes <= policy.maximumShare * Double(full.size),
      (try? archive.checkSizes(manifest)) != nil
    else { return .full }
    return .changed(rows: rows, since: base)
  }
}
