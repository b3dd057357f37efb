import DurableFiles
import Foundation
import Glibc

/// The lineage on the disk: every record is synced before anything that depends on it is acknowledged. One owner.
final class LineageLog {
  private(set) var lineage = Lineage()

  /// Whether opening found more wrong than a last record that was cut short.
  let wasDamaged: Bool

  private let log: AppendLog

  /// How many of the newest records a compacted log keeps for people to read.
  static let newest = 1_000

  /// A log of fewer records is left as it is.
  private static let fewestToCompact = 4 * newest

  /// A log of fewer records is not worth another try: how many there were, doubled, when it was tried last.
  private var fewest = fewestToCompact

  /// Opens the log, or makes it. A torn tail is cut off; a damaged log is kept beside as `lineage.log.damaged`, what
  /// could be read of it is written anew, and learning counts as stopped, since its state is not known.
  init(_ directory: String, note: (RecoveryNote) -> Void) throws(SnapshotProblem) {
    let path = directory + "/" + SnapshotNames.lineage
    var read = try LineageLog.read(path)
    if let damage = read.damage {
      note(
        .damage(
          "\(path) is damaged (\(damage)); it was set aside as \(path).damaged, and learning waits for an operator's word: "
            + "`afmctl resume`"))
      read.entries.append(
        LineageEntry(.learning(.stopped(.lineageDamaged, detail: "\(path) was damaged"))))
      try LineageLog.repair(path, with: read.entries)
    } else if read.droppedBytes > 0 {
      note(
        .damage(
          "\(path) ended in a record that was cut short: its \(read.droppedBytes) bytes were dropped, and what it said, such "
            + "as a pause of learning, is lost"))
    }
    wasDamaged = read.damage != nil
    do {
      log = try AppendLog(path)
    } catch {
      throw LineageLog.problem(error)
    }
    for entry in read.entries { lineage.apply(entry.record) }
  }

  /// Keeps a damaged log beside, and then puts in its place, in one step, what could be read of it and that learning is
  /// stopped: a crash leaves the damaged log, which the next start repairs, or the whole of the new one.
  private static func repair(_ path: String, with entries: [LineageEntry]) throws(SnapshotProblem) {
    let contents = try LineageEntryText.bytes(of: entries)
    let aside = path + SnapshotNames.damagedSuffix
    try translating { () throws(FileProblem) in
      do throws(FileProblem) {
        let damaged = try OpenFile.contents(of: path, limit: 1 << 30)
        try DirectoryHandle.remove(aside)
        try AtomicFile.replace(at: aside, with: damaged)
      } catch {
        // No file, which no file can be renamed over.
        guard error.code == EISDIR else { throw error }
        try DirectoryHandle.remove(aside)
        try DirectoryHandle.rename(path, to: aside)
      }
      try AppendLog.make(path, of: contents)
    }
  }

  /// Adds a record; it is on the disk when the call returns.
  func append(_ record: LineageRecord) throws(SnapshotProblem) {
    let bytes = try LineageEntryText.bytes(of: LineageEntry(record))
    try bytes.withBytes { (buffer) throws(SnapshotProblem) in
      try translating { () throws(FileProblem) in try log.append(buffer, synced: true) }
    }
    lineage.apply(record)
  }

  /// Makes another snapshot the current one, though nothing can be recorded of it.
  func moveCurrent(to id: UInt64) {
    lineage.moveCurrent(to: id)
  }

  /// Whether the log has grown long since it was compacted last.
  var isLong: Bool { log.records >= fewest }

  /// Writes the log anew without the records that are of no use any more, where that halves it.
  ///
  /// - Parameter present: the numbers of all snapshots that are there in any form.
  /// - Throws: where it cannot be read or written; it is then as good as before.
  func compact(present: Set<UInt64>) throws(SnapshotProblem) {
    fewest = 2 * log.records
    let read = try LineageLog.read(log.path)
    guard read.damage == nil, read.droppedBytes == 0, read.entries.count == log.records else {
      throw SnapshotProblem(
        .damaged, "\(log.path) was not compacted: \(read.entries.count) of its \(log.records) records can be read")
    }
    let entries = Lineage.compacted(read.entries, present: present, newest: LineageLog.newest)
    guard entries.count <= read.entries.count / 2 else { return }
    try replace(with: entries)
    fewest = max(LineageLog.fewestToCompact, 2 * entries.count)
    var compacted = Lineage()
    for entry in entries { compacted.apply(entry.record) }
    if let current = lineage.current { compacted.moveCurrent(to: current) }
    lineage = compacted
  }

  private func replace(with entries: [LineageEntry]) throws(SnapshotProblem) {
    let contents = try LineageEntryText.bytes(of: entries)
    try translating { () throws(FileProblem) in try log.replace(with: contents) }
  }

  /// Everything that can be read of a lineage, without changing it.
  static func read(_ path: String) throws(SnapshotProblem) -> (
    entries: [LineageEntry], droppedBytes: UInt64, damage: String?
  ) {
    var entries: [LineageEntry] = []
    guard DirectoryHandle.exists(path) else { return (entries, 0, nil) }
    do {
      let scan = try AppendLogReader.read(path, isSynced: true) { record, index in
        do {
          entries.append(try LineageEntryText.entry(record))
        } catch {
          throw SnapshotProblem(
            .unsupported, "record \(index) of \(path) cannot be read by this version; use the one that wrote it")
        }
      }
      return (entries, scan.droppedBytes, scan.damage)
    } catch let problem as FileProblem where problem.code == EISDIR {
      return ([], 0, problem.description)
    } catch {
      throw problem(error)
    }
  }

  private static func problem(_ error: any Error) -> SnapshotProblem {
    switch error {
    case let problem as SnapshotProblem: problem
    case let problem as FileProblem: SnapshotProblem(problem)
    default: SnapshotProblem(.file, "\(error)")
    }
  }
}
