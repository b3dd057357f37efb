import DurableFiles
import Glibc

/// What opening a journal finds: the segment to go on with, and what is wrong.
///
/// A journal only keeps an order: what is damaged costs that order and never a record, so opening goes on without it.
/// The number of a segment that snapshots may name is never given to another one.
struct JournalOpening {
  /// All segments that may be read, the newest last.
  private(set) var numbers: [UInt64] = []
  /// The segment that is appended to.
  let head: AppendLog
  /// How many records it holds.
  let headRecords: UInt64
  /// Whether its last entry is a jump.
  private(set) var endsInJump = false
  /// The number of the next segment: no segment that was ever there has it.
  private(set) var nextNumber: UInt64
  /// Bytes that were cut off.
  private(set) var droppedBytes: UInt64 = 0
  /// What was damaged, a sentence each.
  private(set) var damage: [String] = []
  /// What was cut short, as a crash leaves it, a sentence each.
  private(set) var cutShort: [String] = []

  init(_ directory: String) throws(JournalProblem) {
    var names: [String] = []
    try OrderJournal.file { () throws(FileProblem) in
      try DirectoryHandle.create(directory)
      names = try DirectoryHandle.names(in: directory)
    }
    numbers = names.compactMap(JournalSegment.number).sorted()
    let numberSetAside = names.compactMap(JournalSegment.numberSetAside).max()
    nextNumber = max(numbers.last.map { $0 &+ 1 } ?? 0, numberSetAside.map { $0 &+ 1 } ?? 0)

    while let last = numbers.last {
      let path = JournalSegment.path(last, in: directory)
      var content = JournalSegmentContent()
      let scan: AppendLogScan
      do throws(FileProblem) {
        scan = try JournalOpening.look(at: path, &content)
      } catch {
        guard error.code == EIO || error.code == EISDIR else { throw .file(error) }
        damage.append("\(error); \(JournalOpening.consequence)")
        if error.code == EISDIR { try JournalOpening.setAside(path) }
        numbers.removeLast()
        break
      }
      if scan.records == 0, scan.damage == nil, scan.droppedBytes < JournalSegment.shortestFile {
        // A crash came between making the segment and writing its header, or it was cut as short as that.
        try OrderJournal.file { () throws(FileProblem) in try DirectoryHandle.remove(path) }
        cutShort.append("\(path) ended in its header and was removed; \(JournalOpening.consequence)")
        numbers.removeLast()
        continue
      }
      guard scan.records > 0 else {
        try JournalOpening.setAside(path)
        damage.append(
          "\(path) is damaged (\(scan.damage ?? "it has no header")) and was set aside as \(path).damaged; "
            + JournalOpening.consequence)
        numbers.removeLast()
        break
      }
      guard content.previous != nil else { throw .damaged(path: path, detail: "its header is of another version") }
      droppedBytes = scan.droppedBytes
      if droppedBytes > 0 {
        let reason = scan.damage ?? "its last entry was cut short"
        let note =
          "\(path): \(reason); its last \(droppedBytes) bytes were cut off; \(JournalOpening.consequence)"
        if scan.damage == nil { cutShort.append(note) } else { damage.append(note) }
      }
      let log = try OrderJournal.open(path) { _, _ in }
      if scan.damage == nil {
        head = log
        headRecords = content.records
        endsInJump = content.runs.last?.count == 0
        return
      }
      // Snapshots may name places after the cut: they must never be those of other records.
      let end = JournalMark(segment: last, records: content.records)
      head = try OrderJournal.make(nextNumber, after: end, in: directory)
      headRecords = 0
      numbers.append(nextNumber)
      nextNumber &+= 1
      return
    }

    // A segment that goes on from itself goes on from nowhere.
    head = try OrderJournal.make(nextNumber, after: JournalMark(segment: nextNumber, records: 0), in: directory)
    headRecords = 0
    numbers.append(nextNumber)
    nextNumber &+= 1
  }

  private static let consequence =
    "records that it held and no snapshot does are learned once all the same, in an order of their own"

  private static func look(at path: String, _ content: inout JournalSegmentContent) throws(FileProblem)
    -> AppendLogScan
  {
    do {
      return try AppendLogReader.read(path) { content.add($0, $1) }
    } catch let problem as FileProblem {
      throw problem
    } catch {
      throw FileProblem(.damaged, operation: "read", path: path, detail: "\(error)")
    }
  }

  private static func setAside(_ path: String) throws(JournalProblem) {
    try OrderJournal.file { () throws(FileProblem) in
      try DirectoryHandle.remove(path + JournalSegment.damagedSuffix)
      try DirectoryHandle.rename(path, to: path + JournalSegment.damagedSuffix)
      try DirectoryHandle.sync(DirectoryHandle.parent(of: path))
    }
  }
}
