import Foundation
import TestSupport

/// Compares the model of a daemon that was through much with that of one that was not, where there is one order.
enum ModelComparison {
  /// Whether the newest snapshot of an ended daemon, `id`, is bit for bit the model of the records of partition 0 that its
  /// line of descent learned: another daemon learns them from a still file.
  ///
  /// - Returns: how many records those are; nil where the models differ.
  static func recordsOfEqualModel(_ daemon: DaemonUnderTest, _ id: Int, _ descent: Descent, _ ledger: Ledger) throws
    -> Int?
  {
    let lines = descent.learned(by: id, ledger).flatMap { $0.compactMap { ledger.text(0, $0) } }
    guard !lines.isEmpty else { return 0 }
    let folder = try TemporaryDirectory()
    let path = folder.path("reference.ndjson")
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
    let reference = try DaemonUnderTest(.init(source: DaemonUnderTest.file(path), more: Soak.settings))
    try reference.start()
    try reference.waitUntilRead(lines.count)
    try reference.terminate()
    return try reference.export() == daemon.export() ? lines.count : nil
  }
}
