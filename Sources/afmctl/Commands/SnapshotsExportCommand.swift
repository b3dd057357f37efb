import CommandTable
import Foundation
import Glibc
import SnapshotStore

/// `afmctl snapshots export`.
enum SnapshotsExportCommand: Subcommand {
  static let declaration = Command(
    name: "export", summary: "write one snapshot as a full, canonical model.safetensors",
    discussion: ["Two snapshots of the same model give the same bytes, however they are stored."],
    options: [StateDirectory.requiredOption],
    positionals: [
      Positional("ID", help: "the snapshot's number, or 'current'"),
      Positional("FILE", kind: .path, help: "the file to write; one that exists is replaced"),
    ])

  /// What was written, as JSON.
  struct Report: Codable, Equatable {
    var snapshot: UInt64
    var file: String
    var bytes: UInt64
  }

  static func run(_ session: Session) throws(Failure) {
    let directory = try StateDirectory.required(session)
    let archive = directory.archive
    let id = try directory.snapshot(session)
    let file = try session.operand("FILE")
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    guard access(folder, W_OK | X_OK) == 0 else {
      throw Failure(.cannotCreate, "nothing can be written to \(folder): \(String(cString: strerror(errno)))")
    }
    do throws(SnapshotProblem) {
      try archive.export(id, to: file)
    } catch {
      guard error.kind == .file else { throw Failure(error) }
      throw Failure(.cannotCreate, error.message)
    }
    let size = (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? NSNumber)?.uint64Value ?? 0
    let report = Report(snapshot: id, file: file, bytes: size)
    try session.show(try session.encode(report)) {
      "snapshot \(id) written to \(file) (\(HumanText.bytes(size)))\n"
    }
  }
}
