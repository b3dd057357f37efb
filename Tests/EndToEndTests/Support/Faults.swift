import Foundation
import TestSupport

/// Faults of a disk and sudden deaths in a daemon that was started with `environment`; `Tests/Faults/faults.c` has the
/// rules. Nothing happens until one is armed.
final class Faults {
  /// Whether a test with faults should run.
  static let areThere = Environment.requiresAll || Environment.value(of: "AFM_FAULTS_LIBRARY") != nil

  /// What the daemon needs to be started with.
  let environment: [String: String]
  private let folder: TemporaryDirectory
  private var armed = 0

  init() throws {
    guard let library = Environment.value(of: "AFM_FAULTS_LIBRARY"), FileManager.default.fileExists(atPath: library)
    else { throw Program.Failure(description: "AFM_FAULTS_LIBRARY names no faults.so; the Makefile builds one") }
    folder = try TemporaryDirectory()
    environment = ["LD_PRELOAD": library, "AFM_FAULTS": folder.path("control")]
  }

  /// Puts the rule in force instead of what was.
  func arm(_ rule: String) throws {
    // Renamed into place, so that the program finds all of it, counted from its next call on.
    armed += 1
    let path = folder.path("next-\(armed)")
    try Data((rule + "\n").utf8).write(to: URL(fileURLWithPath: path))
    guard rename(path, folder.path("control")) == 0 else {
      throw Program.Failure(description: "the rule \(rule) cannot be armed")
    }
  }

  /// Lets every call through again.
  func disarm() {
    unlink(folder.path("control"))
  }

  /// What the rules did so far, a line each.
  var report: [String] {
    let text = (try? String(contentsOfFile: folder.path("control.log"), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }
}
