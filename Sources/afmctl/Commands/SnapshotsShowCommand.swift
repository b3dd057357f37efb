import CommandTable
import Foundation
import SnapshotStore

/// `afmctl snapshots show`.
enum SnapshotsShowCommand: Subcommand {
  static let declaration = Command(
    name: "show", summary: "show what a snapshot's manifest says",
    discussion: ["With --json it prints manifest.json as it is."], options: [StateDirectory.requiredOption],
    positionals: [Positional("ID", help: "the snapshot's number, or 'current'")])

  static func run(_ session: Session) throws(Failure) {
    let directory = try StateDirectory.required(session)
    let id = try directory.snapshot(session)
    let listing = try Failure.translating { () throws(SnapshotProblem) in try directory.archive.show(id) }
    guard let manifest = listing.manifest else {
      throw Failure(.negative, listing.problem?.message ?? "snapshot \(id) has no manifest")
    }
    try session.show(try directory.manifestBytes(id)) {
      ManifestText.text(of: manifest, listing: listing, now: Date())
    }
  }
}
