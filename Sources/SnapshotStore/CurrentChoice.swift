/// Which snapshot is current, told from the lineage, from `CURRENT` and from the manifests that the lineage lacks.
///
/// The lineage decides. A crash may have come between a snapshot's rename and its record: a whole snapshot that the
/// lineage does not know and that follows its current one was being committed, and is taken; where more records are
/// lost, so on from each to the next. Of several that follow the same one, the one is taken that leads to what `CURRENT`
/// names, else the newest: a crash leaves at most one behind, and what came after it is newer.
///
/// `CURRENT` decides alone where the lineage was found damaged or names none, or lacks all that led to a newer snapshot
/// that `CURRENT` names.
struct CurrentChoice {
  /// The current snapshot; nil where nothing says which.
  private(set) var id: UInt64?

  /// The snapshots that became current without a record, oldest first.
  private(set) var committed: [Manifest] = []

  /// What should be known of it.
  private(set) var notes: [RecoveryNote] = []

  /// Chooses.
  ///
  /// - Parameters:
  ///   - lineage: what could be read of it.
  ///   - isDamaged: whether some of it could not be read.
  ///   - current: what `CURRENT` says.
  ///   - file: the path of `CURRENT`.
  ///   - unknown: the manifests of the snapshots that the lineage does not know.
  ///   - isThere: whether there is a snapshot of a number.
  init(
    _ lineage: Lineage, isDamaged: Bool, current: CurrentFile, file: String, unknown: [Manifest],
    isThere: (UInt64) -> Bool
  ) {
    committed = CurrentChoice.course(after: lineage.current, in: unknown, to: current.id)
    id = committed.last?.id ?? lineage.current
    let named = current.id.flatMap { isThere($0) ? $0 : nil }
    let isKnown = named.map { lineage.snapshots[$0] != nil } ?? false
    if isDamaged {
      if let named {
        take(named, of: unknown)
        notes.append(.notice("since the lineage is damaged, snapshot \(named), which \(file) names, was taken"))
      } else if let newest = (unknown.map(\.id) + [id].compactMap { $0 }).max() {
        take(newest, of: unknown)
        notes.append(
          .damage("neither the lineage nor \(file) can be read: of the snapshots that are whole, \(newest) was taken"))
      }
      return
    }
    if let named, !isKnown, !committed.contains(where: { $0.id == named }),
      id == nil || named > lineage.highestID
    {
      take(named, of: unknown)
      notes.append(
        .damage(
          "the lineage lacks what led to snapshot \(named), which \(file) names: its end is gone; \(named) was taken"))
      return
    }
    compare(lineage, current, file)
  }

  /// Says where the lineage and `CURRENT` disagree.
  private mutating func compare(_ lineage: Lineage, _ current: CurrentFile, _ file: String) {
    guard let id else { return }
    if committed.count > 1 {
      let numbers = committed.map { String($0.id) }.joined(separator: ", ")
      notes.append(
        .damage(
          "the lineage lacks the records of the snapshots \(numbers): its end is gone. They were added again from the "
            + "manifests; whether learning was paused after the last that is left is not known"))
    }
    switch current {
    case .names(id), .claims(id):
      break
    case .names(let other), .claims(let other):
      if committed.count == 1, other == lineage.current {
        notes.append(.notice("snapshot \(id) was being made current when the daemon stopped; it was taken"))
      } else {
        notes.append(
          .damage(
            "\(file) names snapshot \(other), but the lineage says that \(id) is current: \(id) was taken, and the file put "
              + "right. To take another one, stop the daemon and run `afmctl snapshots choose ID`"))
      }
    case .missing where lineage.current == nil:
      notes.append(.notice("snapshot \(id) is the first and was about to become current; it was taken"))
    case .missing, .damaged:
      let what = current == .missing ? "missing" : "damaged"
      notes.append(
        .damage("\(file) is \(what); snapshot \(id), which the lineage names, was taken, and the file put right"))
    }
  }

  /// Makes a snapshot the chosen one, and leaves out what would follow it.
  private mutating func take(_ id: UInt64, of unknown: [Manifest]) {
    self.id = id
    if let place = committed.firstIndex(where: { $0.id == id }) {
      committed.removeSubrange((place + 1)...)
    } else {
      committed = unknown.filter { $0.id == id }
    }
  }

  /// The snapshots of `unknown` that became current one after the other after `start`.
  private static func course(after start: UInt64?, in unknown: [Manifest], to named: UInt64?) -> [Manifest] {
    let byID = Dictionary(unknown.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var leading: Set<UInt64> = []
    var next = named
    while let id = next, let manifest = byID[id], leading.insert(id).inserted { next = manifest.predecessor }
    var followers: [UInt64?: [Manifest]] = [:]
    for manifest in unknown { followers[manifest.predecessor, default: []].append(manifest) }
    var course: [Manifest] = []
    var reached = start
    // A snapshot's number is higher than that of the one before it; anything else would go round in circles.
    while let candidates = followers[reached]?.filter({ $0.id > reached ?? 0 }), !candidates.isEmpty {
      guard
        let follower = candidates.first(where: { leading.contains($0.id) }) ?? candidates.max(by: { $0.id < $1.id })
      else { break }
      course.append(follower)
      reached = follower.id
    }
    return course
  }
}

extension Manifest {
  /// The snapshot that was current when this one became it; nil for the first.
  var predecessor: UInt64? {
    if let rollback { rollback.from } else { parent }
  }
}
