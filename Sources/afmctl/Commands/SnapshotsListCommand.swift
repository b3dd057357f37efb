import CommandTable
import Foundation
import ScoringAPI
import SnapshotStore

/// `afmctl snapshots list`.
enum SnapshotsListCommand: Subcommand {
  static let declaration = Command(
    name: "list", summary: "list the snapshots, oldest first", options: [StateDirectory.option])

  static func run(_ session: Session) throws(Failure) {
    let answer: [UInt8]
    if let directory = try StateDirectory.given(session) {
      answer = try session.encode(SnapshotList(snapshots: try summaries(directory)))
    } else {
      answer = try session.daemon.ask(.snapshots)
    }
    try session.show(answer) { () throws(Failure) in
      SnapshotText.list(try session.decode(SnapshotList.self, answer), now: Date())
    }
  }

  /// The snapshots of a directory; what cannot be read is told on standard error.
  private static func summaries(_ directory: StateDirectory) throws(Failure) -> [SnapshotSummary] {
    var summaries: [SnapshotSummary] = []
    for listing in try Failure.translating({ () throws(SnapshotProblem) in try directory.archive.list() }) {
      if listing.isSetAside {
        printError("afmctl: snapshot \(listing.id) was found damaged and set aside\n")
      } else if let manifest = listing.manifest {
        summaries.append(SnapshotSummary(manifest, listing))
      } else {
        printError("afmctl: \(listing.problem?.message ?? "snapshot \(listing.id) has no manifest")\n")
      }
    }
    return summaries
  }
}

extension SnapshotSummary {
  /// What the daemon would say of a snapshot.
  init(_ manifest: Manifest, _ listing: SnapshotListing) {
    self.init(
      id: manifest.id, parent: manifest.parent, created: manifest.created, reason: manifest.reason.rawValue,
      eventsLearned: manifest.eventsLearned, base: manifest.base, bytes: manifest.totalSize,
      bytesWritten: manifest.ownSize, rows: manifest.ownRows, files: UInt64(manifest.files.count),
      pinned: listing.isPinned, current: listing.isCurrent, abandoned: listing.isAbandoned,
      orderGone: listing.isOrderGone,
      loss: ManifestText.loss(manifest))
  }
}
