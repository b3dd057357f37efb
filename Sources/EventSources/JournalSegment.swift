// Unsafe memory: entries are copied in and out of byte buffers whose bounds are checked first.
import DurableFiles

/// The format of one file of the order journal: an append log whose first record is a header (version, number of the
/// segment before it, how many of that one's records precede this segment, each 8 bytes; in version 2, which rollbacks
/// write, also the name of the line that begins here) and whose others are entries of 16 bytes (next offset 8,
/// partition 4, count 4); all numbers little-endian.
enum JournalSegment {
  static let version: UInt64 = 1
  static let branchVersion: UInt64 = 2
  static let headerSize = 24
  static let branchHeaderSize = 32
  static let entrySize = 16
  static let damagedSuffix = ".damaged"
  /// The bytes of a file that holds its header alone, the longer one.
  static let shortestFile: UInt64 = 8 + 16 + 32

  static func path(_ number: UInt64, in directory: String) -> String {
    let digits = String(number)
    return directory + "/" + String(repeating: "0", count: max(0, 10 - digits.count)) + digits + ".log"
  }

  static func number(ofName name: String) -> UInt64? {
    guard name.hasSuffix(".log") else { return nil }
    return UInt64(name.dropLast(4))
  }

  /// The number of a segment that was found damaged and set aside.
  static func numberSetAside(ofName name: String) -> UInt64? {
    guard name.hasSuffix(damagedSuffix) else { return nil }
    return number(ofName: String(name.dropLast(damagedSuffix.count)))
  }

  /// The header of a segment that goes on from a place; one that begins a line carries the line's name.
  static func header(after previous: JournalMark) -> [UInt8] {
    var numbers = [version, previous.segment, previous.records]
    if let branch = previous.branch {
      numbers[0] = branchVersion
      numbers.append(branch)
    }
    var bytes: [UInt8] = []
    for number in numbers { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
    return bytes
  }

  /// The place that a segment goes on from, with the name of the line that it begins, where it begins one.
  static func previous(fromHeader record: UnsafeRawBufferPointer) -> JournalMark? {
    guard record.count >= headerSize else { return nil }
    let mark = JournalMark(segment: number(record, 8), records: number(record, 16))
    switch number(record, 0) {
    case version: return mark
    case branchVersion where record.count >= branchHeaderSize:
      return JournalMark(segment: mark.segment, records: mark.records, branch: number(record, 24))
    default: return nil
    }
  }

  static func append(_ run: JournalRun, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: run.nextOffset.littleEndian) { bytes.append(contentsOf: $0) }
    withUnsafeBytes(of: run.partition.littleEndian) { bytes.append(contentsOf: $0) }
    withUnsafeBytes(of: run.count.littleEndian) { bytes.append(contentsOf: $0) }
  }

  static func runs(in record: UnsafeRawBufferPointer, _ body: (JournalRun) -> Void) {
    var place = 0
    while place + entrySize <= record.count {
      body(
        JournalRun(
          partition: Int32(littleEndian: record.loadUnaligned(fromByteOffset: place + 8, as: Int32.self)),
          nextOffset: Int64(littleEndian: record.loadUnaligned(fromByteOffset: place, as: Int64.self)),
          count: UInt32(littleEndian: record.loadUnaligned(fromByteOffset: place + 12, as: UInt32.self))))
      place += entrySize
    }
  }

  private static func number(_ record: UnsafeRawBufferPointer, _ place: Int) -> UInt64 {
    UInt64(littleEndian: record.loadUnaligned(fromByteOffset: place, as: UInt64.self))
  }
}

/// A segment as read from its file.
struct JournalSegmentContent {
  var previous: JournalMark?
  var runs: [JournalRun] = []
  var records: UInt64 = 0

  mutating func add(_ record: UnsafeRawBufferPointer, _ index: Int) {
    if index == 0 {
      previous = JournalSegment.previous(fromHeader: record)
      return
    }
    JournalSegment.runs(in: record) { run in
      runs.append(run)
      records &+= UInt64(run.count)
    }
  }
}
