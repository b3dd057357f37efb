import CommandTable
import SnapshotStore

/// `afmctl snapshots verify`.
enum SnapshotsVerifyCommand: Subcommand {
  static let declaration = Command(
    name: "verify", summary: "compare a snapshot, or all of them, with their checksums; exit 1 on damage",
    options: [StateDirectory.requiredOption],
    positionals: [Positional("ID", optional: true, help: "the snapshot's number, or 'current'; else all are verified")])

  /// What was found, as JSON.
  struct Report: Codable, Equatable {
    var snapshots: [Finding]
  }

  /// What was found of one snapshot.
  struct Finding: Codable, Equatable {
    var snapshot: UInt64
    var intact: Bool
    var problem: String?
  }

  static func run(_ session: Session) throws(Failure) {
    let directory = try StateDirectory.required(session)
    let archive = directory.archive
    let ids: [UInt64]
    if session.arguments.positional("ID") != nil {
      ids = [try directory.snapshot(session)]
    } else {
      ids = try Failure.translating { () throws(SnapshotProblem) in try archive.ids() }
    }
    var report = Report(snapshots: [])
    var known: [String: String] = [:]
    for id in ids { report.snapshots.append(try verify(id, archive, &known)) }
    try session.show(try session.encode(report)) { text(of: report) }
    if report.snapshots.contains(where: { !$0.intact }) { throw Failure(.negative) }
  }

  private static func verify(
    _ id: UInt64, _ archive: SnapshotArchive, _ known: inout [String: String]
  ) throws(Failure) -> Finding {
    do throws(SnapshotProblem) {
      _ = try archive.verify(id, knowing: &known)
      return Finding(snapshot: id, intact: true, problem: nil)
    } catch {
      // What does not exist or cannot be read is no finding.
      guard error.kind == .damaged || error.kind == .unsupported else { throw Failure(error) }
      return Finding(snapshot: id, intact: false, problem: error.message)
    }
  }

  static func text(of report: Report) -> String {
    if report.snapshots.isEmpty { return "no snapshots\n" }
    return report.snapshots.map { finding in
      finding.intact
        ? "snapshot \(finding.snapshot): intact\n" : "snapshot \(finding.snapshot): \(finding.problem ?? "damaged")\n"
    }.joined()
  }
}
