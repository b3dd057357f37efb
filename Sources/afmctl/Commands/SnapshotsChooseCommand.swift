import CommandTable
import SnapshotStore

/// `afmctl snapshots choose`.
enum SnapshotsChooseCommand: Subcommand {
  static let declaration = Command(
    name: "choose", summary: "make a snapshot the one that the daemon starts from, while no daemon runs",
    discussion: [
      "The snapshot is verified first. The choice is recorded in the lineage and in CURRENT; what is learned from it is a "
        + "new line of descent, and the snapshots that it leaves behind are listed as abandoned. While the daemon runs, "
        + "'afmctl rollback' does it, and says what becomes of the position."
    ],
    options: [StateDirectory.requiredOption], positionals: [Positional("ID", help: "the snapshot's number")])

  /// What was chosen, as JSON.
  struct Report: Codable, Equatable {
    var snapshot: UInt64
    var eventsLearned: UInt64
  }

  static func run(_ session: Session) throws(Failure) {
    let directory = try StateDirectory.required(session)
    let id = try session.snapshot()
    let report: Report
    do throws(SnapshotProblem) {
      let store = try SnapshotStore(stateDirectory: directory.path)
      for note in store.notes { printError("afmctl: \(note)\n") }
      let (manifest, note) = try store.choose(id)
      if let note { printError("afmctl: \(note)\n") }
      report = Report(snapshot: manifest.id, eventsLearned: manifest.eventsLearned)
    } catch {
      guard error.kind == .locked else { throw Failure(error) }
      throw Failure(.tryAgain, "\(error.message), or roll back with 'afmctl rollback \(id)' while it runs")
    }
    try session.show(try session.encode(report)) {
      "snapshot \(report.snapshot) (\(report.eventsLearned) events learned) is the one that the daemon starts from\n"
    }
  }
}
