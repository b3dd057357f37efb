import Foundation
import Glibc
import TestSupport

/// The random run over a file that grows and is rotated, slowly: its writer goes on in the renamed file for a while.
final class FileChapter: SoakChapter {
  private let folder: TemporaryDirectory
  private let file: GrowingFile

  init(log: RunLog, random: SeededGenerator) throws {
    let ledger = Ledger()
    folder = try TemporaryDirectory()
    file = try GrowingFile(folder.path("events.ndjson"), ledger: ledger, perSecond: 200)
    try super.init(
      source: DaemonUnderTest.file(file.path, follow: true) + "\n  quiet: 2500ms", countsRecords: false, ledger: ledger,
      log: log,
      random: random)
    file.flow()
    log.note("file \(file.path)")
  }

  override func rest() throws { file.rest() }
  override func flow() throws { file.flow() }
  override func close() { file.end() }

  override func isReadToTheEnd(_ status: JSON) throws -> Bool {
    let stands = try status["source.partitions"].elements.first.map { Int64(try $0["next_offset"].number) }
    return try status["learning.state"].text == "running" && stands == file.length
  }

  override var ownActions: [Action] {
    [
      Action(name: "rotated slowly", weight: 4) { try self.rotate() },
      Action(name: "rotated while down", weight: 1) {
        self.daemon.kill()
        try self.rotate()
        if Bool.random(using: &self.random) { try self.rotate() }
        try self.start()
      },
      Action(name: "killed while rotated", weight: 1) {
        try self.file.rename()
        usleep(UInt32.random(in: 0..<600_000, using: &self.random))
        self.daemon.kill()
        usleep(UInt32.random(in: 0..<600_000, using: &self.random))
        try self.file.reopen()
        try self.start()
      },
    ]
  }

  /// Renames the file, lets the writer (which is never quiet for as long as the settings say) go on in it for up to two seconds, with pauses, and then begins the new one.
  private func rotate() throws {
    try file.rename()
    if Bool.random(using: &random) { try file.makeSuccessor() }
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      if Bool.random(using: &random) { file.rest() } else { file.flow() }
      usleep(UInt32.random(in: 0..<700_000, using: &random))
    }
    try file.reopen()
    file.flow()
    log.note("rotated")
  }

  /// Ends the daemon and compares its model, bit for bit, with one that learned the same lines from a still file.
  func compare() throws {
    try rest()
    try goOn()
    let id = try snapshot()
    daemon.kill()
    guard let count = try ModelComparison.recordsOfEqualModel(daemon, id, descent, ledger) else {
      throw Trouble(kind: "wrong", text: "snapshot \(id) is not the model of the lines it learned")
    }
    log.note("the model of \(count) lines, bit for bit")
  }
}
