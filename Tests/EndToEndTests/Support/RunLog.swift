import Foundation
import TestSupport

/// What a long run did and saw, with the times, so that a failure can be understood afterwards.
final class RunLog {
  private let start = Date()
  private var lines: [String] = []
  private let name: String

  init(_ name: String) {
    self.name = name
  }

  /// Notes something.
  func note(_ text: String) {
    let clock = Date().ISO8601Format(.init(includingFractionalSeconds: true))
    lines.append("\(clock) \(String(format: "%8.3f", Date().timeIntervalSince(start))) \(text)")
  }

  /// Keeps the state directory, the daemon's log and this one; returns where.
  func keep(_ daemon: DaemonUnderTest?, _ why: String) -> String {
    note("FAILED: " + why)
    let folder = "\(Soak.failures)/\(name)-\(UInt32.random(in: 0..<100_000))"
    let manager = FileManager.default
    try? manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try? Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/run.log"))
    if let daemon {
      try? manager.copyItem(atPath: daemon.state, toPath: folder + "/state")
      try? manager.copyItem(atPath: daemon.settings, toPath: folder + "/afmd.yaml")
      try? Data(daemon.log.utf8).write(to: URL(fileURLWithPath: folder + "/afmd.log"))
    }
    return folder
  }
}
