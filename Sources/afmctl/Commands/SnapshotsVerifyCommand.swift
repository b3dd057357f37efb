import CommandTable
import SnapshotStore

/// `afmctl snapshots verify`.
enum SnapshotsVerifyCommand: Subcommand {
  static let declaration = Command(
    name: "verify",
    summary: "compare a snapshot, or all of them with CURRENT and the lineage, with their checksums; exit 1 on damage",
    options: [StateDirectory.requiredOption],
    positionals: [Positional("ID", optional: true, help: "the snapshot's number, or 'current'; else all are verified")])

  /// What was found, as JSON.
  struct Report: Codable, Equatable {
    var snapshots: [Finding]
    /// What is wrong with the files beside the snapshots, where all were verified and something is.
    var files: [String]?
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
    if session.arguments.positional("ID") == nil {
      let problems = try Failure.translating { () throws(SnapshotProblem) in try archive.verifyFilesBeside() }
      if !problems.isEmpty { report.files = problems }
    }
    try session.show(try session.encode(report)) { text(of: report) }
    if report.snapshots.contains(where: { !$0.intact }) || report.files != nil { throw Failure(.negative) }
  }

  private static func verify(
    _ id: UInt64, _ archive: SnapshotArchive, _ known: inout [String: String]
  ) throws(Failure) -> Finding {
    do throws(SnapshotProblem) {
      _ = try archive.verify(id, knowing: &known)
      return Finding(snapshot: id, intact: true, problem: nil)
    } catch {
      // What does not exist or may not be read is no finding.
      guard [.damaged, .unreadable, .unsupported].contains(error.kind) else { throw Failure(error) }
      return Finding(snapshot: id, intact: false, problem: error.message)
    }
  }

  static func text(of report: Report) -> String {
    let snapshots = report.snapshots.map { finding in
      finding.intact
        ? "snapshot \(finding.snapshot): intact\n" : "snapshot \(finding.snapshot): \(finding.problem ?? "damaged")\n"
    }
    let files = (report.files ?? []).map { $0 + "\n" }
    return (snapshots.isEmpty ? ["no snapshots\n"] : snapshots).joined() + files.joined()
  }
}
