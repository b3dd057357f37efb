import DurableFiles
import EventSources

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
  /// Whether the order journal no longer holds what was learned after it: going back to it, records are learned in an
  /// order of their own.
  public var isOrderGone = false
  /// Why its manifest cannot be read; files are compared with their checksums by `verify` alone.
  public var problem: SnapshotProblem?
}

extension SnapshotArchive {
  /// All snapshots, oldest first, with those that were set aside.
  public func list() throws(SnapshotProblem) -> [SnapshotListing] {
    try list(lineage(), current: currentID())
  }

  /// One snapshot as the list shows it.
  public func show(_ id: UInt64) throws(SnapshotProblem) -> SnapshotListing {
    try show(id, lineage(), current: currentID())
  }

  func list(_ lineage: Lineage, current: UInt64?) throws(SnapshotProblem) -> [SnapshotListing] {
    let segments = JournalSegments(directory: journal)
    var listings: [SnapshotListing] = []
    for name in try names() {
      let isSetAside = name.hasSuffix(SnapshotNames.damagedSuffix)
      let stem = isSetAside ? name.dropLast(SnapshotNames.damagedSuffix.count) : Substring(name)
      guard let id = SnapshotNames.id(stem) else { continue }
      listings.append(listing(id, name, isSetAside: isSetAside, current, segments))
    }
    var parents: [UInt64: UInt64] = [:]
    for listing in listings {
      if let manifest = listing.manifest { parents[listing.id] = manifest.parent }
    }
    let live = Set(ancestry(of: current, parents, lineage))
    for index in listings.indices { listings[index].isAbandoned = !live.contains(listings[index].id) }
    return listings.sorted { ($0.id, $0.isSetAside ? 1 : 0) < ($1.id, $1.isSetAside ? 1 : 0) }
  }

  /// Reads no other manifest: of the others the lineage knows what they descend from.
  func show(_ id: UInt64, _ lineage: Lineage, current: UInt64?) throws(SnapshotProblem) -> SnapshotListing {
    guard contains(id) else { throw unknown(id) }
    var listing = listing(
      id, SnapshotNames.directory(id), isSetAside: false, current, JournalSegments(directory: journal))
    listing.isAbandoned = !ancestry(of: current, [:], lineage).contains(id)
    return listing
  }

  private func listing(
    _ id: UInt64, _ name: String, isSetAside: Bool, _ current: UInt64?, _ segments: JournalSegments
  ) -> SnapshotListing {
    var listing = SnapshotListing(
      id: id, manifest: nil, isCurrent: !isSetAside && id == current, isPinned: !isSetAside && isPinned(id),
      isAbandoned: false, isSetAside: isSetAside, problem: nil)
    do throws(SnapshotProblem) {
      let manifest = try ManifestFile.read(path(name) + "/" + SnapshotNames.manifest)
      listing.manifest = manifest
      // A segment that cannot be read now may be read when it is needed.
      if let mark = manifest.position?.journal { listing.isOrderGone = (try? segments.hold(mark)) == false }
    } catch {
      listing.problem = error
    }
    return listing
  }

  /// A snapshot and its ancestors, nearest first: by the manifests that can be read, else by the lineage.
  private func ancestry(of id: UInt64?, _ parents: [UInt64: UInt64], _ lineage: Lineage) -> [UInt64] {
    var path: [UInt64] = []
    var seen: Set<UInt64> = []
    var next = id
    while let id = next, seen.insert(id).inserted {
      path.append(id)
      next = parents[id] ?? lineage.snapshots[id]?.parent
    }
    return path
  }
}

extension SnapshotStore {
  /// All snapshots, oldest first, with those that were set aside; by the lineage that is kept in memory.
  public func list() throws(SnapshotProblem) -> [SnapshotListing] {
    let lineage = lineage
    return try archive.list(lineage, current: lineage.current)
  }

  /// One snapshot as the list shows it; by the lineage that is kept in memory.
  public func show(_ id: UInt64) throws(SnapshotProblem) -> SnapshotListing {
    let lineage = lineage
    return try archive.show(id, lineage, current: lineage.current)
  }
}
