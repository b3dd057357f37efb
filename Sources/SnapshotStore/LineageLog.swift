import DurableFiles
import Foundation
import Glibc

/// The lineage on the disk: every record is synced before anything that depends on it is acknowledged. One owner.
final class LineageLog {
  private(set) var lineage = Lineage()

  /// Whether opening found more wrong than a last record that was cut short.
  let wasDamaged: Bool

  private let log: AppendLog

  /// Opens the log, or makes it. A torn tail is cut off; a damaged log is kept beside as `lineage.log.damaged`, what
  /// could be read of it is written anew, and learning counts as stopped, since its state is not known.
  init(_ directory: String, note: (RecoveryNote) -> Void) throws(SnapshotProblem) {
    let path = directory + "/" + SnapshotNames.lineage
    let read = try LineageLog.read(path)
    if let damage = read.damage {
      note(
        .damage(
          "\(path) is damaged (\(damage)); it was set aside as \(path).damaged, and learning waits for an operator's word: "
            + "`afmctl resume`"))
      try translating { () throws(FileProblem) in
        try DirectoryHandle.remove(path + SnapshotNames.damagedSuffix)
        try DirectoryHandle.rename(path, to: path + SnapshotNames.damagedSuffix)
      }
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
    for entry in read.entries {
      if read.damage != nil { try write(entry) }
      lineage.apply(entry.record)
    }
    if read.damage != nil {
      try append(.learning(.stopped(.lineageDamaged, detail: "\(path) was damaged")))
    }
  }

  /// Adds a record; it is on the disk when the call returns.
  func append(_ record: LineageRecord) throws(SnapshotProblem) {
    try write(LineageEntry(record))
    lineage.apply(record)
  }

  /// Makes another snapshot the current one, though nothing can be recorded of it.
  func moveCurrent(to id: UInt64) {
    lineage.moveCurrent(to: id)
  }

  private func write(_ entry: LineageEntry) throws(SnapshotProblem) {
    let bytes: Data
    do {
      bytes = try ManifestJSON.encoder().encode(entry)
    } catch {
      throw SnapshotProblem(.misuse, "a record of the lineage cannot be written as JSON: \(error)")
    }
    try [UInt8](bytes).withBytes { (buffer) throws(SnapshotProblem) in
      try translating { () throws(FileProblem) in try log.append(buffer, synced: true) }
    }
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
          entries.append(try ManifestJSON.decoder().decode(LineageEntry.self, from: Data(record)))
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
