import DurableFiles

/// One snapshot as lists show it.
public struct SnapshotListing: Equatable, Sendable {
  /// Its number.
  public var id: UInt64
  /// Its manifest; nil where that cannot be read.
  public var manifest: Manifest?
  /// Whether `CURRENT` names it.
  public var isCurrent: Bool
  /// Whether retention leaves it alone.
  public var isPinned: Bool
  /// Whether the current snapshot does not descend from it: a rollback left it behind.
  public var isAbandoned: Bool
  /// Whether it was found damaged and set aside.
  public var isSetAside: Bool
  /// Why its manifest cannot be read; files are compared with their checksums by `verify` alone.
  public var problem: SnapshotProblem?
}

extension SnapshotArchive {
  /// All snapshots, oldest first, with those that were set aside.
  public func list() throws(SnapshotProblem) -> [SnapshotListing] {
    let lineage = try lineage()
    let current = try currentID()
    var listings: [SnapshotListing] = []
    for name in try names() {
      let isSetAside = name.hasSuffix(SnapshotNames.damagedSuffix)
      let stem = isSetAside ? name.dropLast(SnapshotNames.damagedSuffix.count) : Substring(name)
      guard let id = SnapshotNames.id(stem) else { continue }
      var listing = SnapshotListing(
        id: id, manifest: nil, isCurrent: !isSetAside && id == current, isPinned: !isSetAside && isPinned(id),
        isAbandoned: false, isSetAside: isSetAside, problem: nil)
      do throws(SnapshotProblem) {
        listing.manifest = try ManifestFile.read(path(name) + "/" + SnapshotNames.manifest)
      } catch {
        listing.problem = error
      }
      listings.append(listing)
    }
    let live = Set(ancestry(of: current, listings, lineage))
    for index in listings.indices { listings[index].isAbandoned = !live.contains(listings[index].id) }
    return listings.sorted { ($0.id, $0.isSetAside ? 1 : 0) < ($1.id, $1.isSetAside ? 1 : 0) }
  }

  /// One snapshot as the list shows it.
  public func show(_ id: UInt64) throws(SnapshotProblem) -> SnapshotListing {
    guard let listing = try list().first(where: { $0.id == id && !$0.isSetAside }) else { throw unknown(id) }
    return listing
  }

  /// A snapshot and its ancestors, nearest first: by the manifests that can be read, else by the lineage.
  private func ancestry(of id: UInt64?, _ listings: [SnapshotListing], _ lineage: Lineage) -> [UInt64] {
    var parents: [UInt64: UInt64] = [:]
    for snapshot in lineage.snapshots.values { parents[snapshot.id] = snapshot.parent }
    for listing in listings {
      if let manifest = listing.manifest { parents[listing.id] = manifest.parent }
    }
    var path: [UInt64] = []
    var next = id
    while let id = next, !path.contains(id) {
      path.append(id)
      next = parents[id]
    }
    return path
  }
}
