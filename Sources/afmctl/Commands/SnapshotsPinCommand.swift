import CommandTable
import ScoringAPI
import SnapshotStore

/// `afmctl snapshots pin`.
enum SnapshotsPinCommand: Subcommand {
  static let declaration = Command(
    name: "pin", summary: "keep a snapshot whatever retention says", options: [StateDirectory.option],
    positionals: [Positional("ID", help: "the snapshot's number")])

  static func run(_ session: Session) throws(Failure) {
    try set(true, session)
  }

  /// Pins a snapshot or lets go of it, in a directory or through the daemon.
  static func set(_ isPinned: Bool, _ session: Session) throws(Failure) {
    let id = try session.snapshot()
    let answer: [UInt8]
    if let directory = try StateDirectory.given(session) {
      answer = try session.encode(try set(isPinned, id, directory))
    } else {
      answer = try session.daemon.ask(isPinned ? .pin : .unpin, snapshot: id)
    }
    try session.show(answer) { () throws(Failure) in
      let summary = try session.decode(SnapshotSummary.self, answer)
      return "snapshot \(summary.id) is \(summary.pinned ? "" : "not ")pinned\n"
    }
  }

  private static func set(_ isPinned: Bool, _ id: UInt64, _ directory: StateDirectory) throws(Failure)
    -> SnapshotSummary
  {
    try Failure.translating { () throws(SnapshotProblem) in
      let store = try SnapshotStore(stateDirectory: directory.path)
      try store.setPin(isPinned, snapshot: id)
      let listing = try store.archive.show(id)
      return SnapshotSummary(try store.archive.manifest(id), listing)
    }
  }
}
