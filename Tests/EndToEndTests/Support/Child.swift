import Foundation
import Glibc
import TestSupport

/// A program that runs beside the test, its standard error in a file; it is killed when the test lets go of it.
final class Child {
  private let process = Process()
  private let log: URL

  /// Starts a program.
  init(_ name: String, _ arguments: [String], environment: [String: String] = [:], log: URL) throws {
    self.log = log
    if !FileManager.default.fileExists(atPath: log.path) {
      try Data().write(to: log)
    }
    let handle = try FileHandle(forWritingTo: log)
    try handle.seekToEnd()
    process.executableURL = URL(fileURLWithPath: try Program.path(of: name))
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = handle
    process.standardError = handle
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  deinit {
    if process.isRunning {
      Glibc.kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  /// Whether it still runs.
  var isRunning: Bool { process.isRunning }

  /// Sends a signal.
  func signal(_ number: Int32) {
    if process.isRunning { Glibc.kill(process.processIdentifier, number) }
  }

  /// Waits for the end and returns the exit code, or the negated number of the signal that ended it.
  @discardableResult
  func wait() -> Int32 {
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
  }

  /// Everything it printed so far.
  var printed: String {
    (try? String(decoding: Data(contentsOf: log), as: UTF8.self)) ?? ""
  }
}
