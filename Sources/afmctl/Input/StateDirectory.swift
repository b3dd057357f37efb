import CommandTable
import Foundation
import SnapshotStore

/// The state directory of a model, for commands that work with no daemon running.
struct StateDirectory {
  /// Where the daemon keeps its state unless told otherwise.
  static let usual = "/var/lib/afmd"

  /// The variable that tells otherwise.
  static let variable = "AFMD_STATE"

  /// The directory that holds `snapshots`.
  let path: String

  /// The option of commands that ask the daemon without it.
  static let option = CommandOption(
    "directory", letter: "d", kind: .path, valueName: "STATE",
    help: "work on this state directory and not through the daemon")

  /// The option of commands that always need the directory.
  static let requiredOption = CommandOption(
    "directory", letter: "d", kind: .path, valueName: "STATE",
    help: "the state directory; else \(variable) of the environment, else \(usual)")

  /// The directory given with --directory; nil where none is.
  static func given(_ session: Session) throws(Failure) -> StateDirectory? {
    guard let path = session.arguments.value("directory") else { return nil }
    return try StateDirectory(path)
  }

  /// The directory given, or the one of the environment, or the usual one.
  static func required(_ session: Session) throws(Failure) -> StateDirectory {
    if let given = try given(session) { return given }
    let environment = ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    return try StateDirectory(environment ?? usual)
  }

  /// Takes a state directory, or its `snapshots`, or a directory that holds that of model `main`.
  ///
  /// - Throws: exit code 65 where there are no snapshots.
  init(_ path: String) throws(Failure) {
    let parent = (path as NSString).deletingLastPathComponent
    let candidates = [path, path + "/main"] + ((path as NSString).lastPathComponent == "snapshots" ? [parent] : [])
    let found = candidates.first { Self.isDirectory(($0.isEmpty ? "." : $0) + "/snapshots") }
    guard let found else {
      let reason = Self.isDirectory(path) ? "holds no 'snapshots'" : "is not a directory that can be read"
      throw Failure(.badData, "\(path) \(reason): give the daemon's state directory with --directory")
    }
    self.path = found.isEmpty ? "." : found
  }

  /// Its snapshots, for reading, also beside a running daemon.
  var archive: SnapshotArchive { SnapshotArchive(stateDirectory: path) }

  /// The snapshot that the operand `ID` names: a number, or `current` for the live one.
  func snapshot(_ session: Session) throws(Failure) -> UInt64 {
    guard session.arguments.positional("ID") == "current" else { return try session.snapshot() }
    let current = try Failure.translating { () throws(SnapshotProblem) in try archive.currentID() }
    guard let current else { throw Failure(.badData, "\(archive.directory) has no current snapshot") }
    return current
  }

  /// The bytes of a snapshot's `manifest.json`.
  func manifestBytes(_ id: UInt64) throws(Failure) -> [UInt8] {
    let digits = String(id)
    let name = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    let file = "\(archive.directory)/\(name)/manifest.json"
    do {
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
    } catch {
      throw Failure(.inputOutput, "\(file) cannot be read: \(error.localizedDescription)")
    }
  }

  private static func isDirectory(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
  }
}

extension Failure {
  /// What the snapshots of a directory are not, or do not allow.
  init(_ problem: SnapshotProblem) {
    switch problem.kind {
    case .replaced: self.init(.tryAgain, problem.message)
    case .locked: self.init(.tryAgain, "\(problem.message), or leave --directory out to ask it")
    case .damaged, .noGoodSnapshot, .notFinite: self.init(.negative, problem.message)
    case .unknownSnapshot, .unsupported, .incompatible: self.init(.badData, problem.message)
    case .file, .unreadable: self.init(.inputOutput, problem.message)
    case .misuse, .superseded: self.init(.internalError, problem.message)
    }
  }

  /// Runs what can fail with a problem of the snapshots'.
  static func translating<Result>(_ body: () throws(SnapshotProblem) -> Result) throws(Failure) -> Result {
    do throws(SnapshotProblem) {
      return try body()
    } catch {
      throw Failure(error)
    }
  }
}
