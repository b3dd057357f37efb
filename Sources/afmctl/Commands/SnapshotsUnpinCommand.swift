import CommandTable

/// `afmctl snapshots unpin`.
enum SnapshotsUnpinCommand: Subcommand {
  static let declaration = Command(
    name: "unpin", summary: "let retention have a pinned snapshot", options: [StateDirectory.option],
    positionals: [Positional("ID", help: "the snapshot's number")])

  static func run(_ session: Session) throws(Failure) {
    try SnapshotsPinCommand.set(false, session)
  }
}
