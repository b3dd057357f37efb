import Compression

/// A file that was rotated away and read to its end. What is written to it afterwards is told, not learned: what came
/// after it was learned already.
final class LeftFile {
  private let reader: DecompressingReader
  private let successor: String
  private let clock: FileClock
  private let end: Int64
  /// The first bytes of what was read of it; nil where there were none, or they are not known.
  private let headRead: FileHead?
  private var told: Int64
  private var nextLook: Int64
  private var interval: Int64 = 1000

  /// What was written after it was left, in all; nil where nothing was.
  private(set) var problem: String?

  /// The file that was left at a byte to go on in its successor.
  init(_ reader: DecompressingReader, at offset: Int64, for successor: String, clock: FileClock) {
    self.reader = reader
    self.successor = successor
    self.clock = clock
    end = offset
    headRead = Self.head(of: reader, upTo: offset)
    told = offset
    nextLook = clock.milliseconds()
  }

  /// Which file it is.
  var place: FilePlace? { FileStatus(descriptor: reader.descriptor)?.place }

  /// Whether it still begins with what was read of it; otherwise it was emptied and written anew since, or nothing was
  /// read. Where that cannot be found out it counts as unchanged, since no line may be learned twice.
  var isUnchanged: Bool {
    if end == 0 { return false }
    guard reader.format == .plain, let headRead, let head = Self.head(of: reader, upTo: end) else { return true }
    return head == headRead
  }

  private static func head(of reader: DecompressingReader, upTo end: Int64) -> FileHead? {
    end > 0 ? try? FileHead(of: reader, count: Int(min(end, Int64(FileHead.length)))) : nil
  }

  /// Its first bytes.
  var head: FileHead? { try? FileHead(of: reader) }

  /// Whether it was removed a while ago: keeping it open keeps its bytes on the disk.
  var isGone: Bool {
    guard let status = FileStatus(descriptor: reader.descriptor), status.links == 0 else { return false }
    return clock.wallNanoseconds() - max(status.modified, status.changed) > 60_000_000_000
  }

  /// What is to be told, some time after it was looked at last: later and later while it grows on.
  func look() -> SourceNotice? {
    let now = clock.milliseconds()
    guard now >= nextLook else { return nil }
    nextLook = now + interval
    guard reader.format == .plain, let size = FileStatus(descriptor: reader.descriptor)?.size, size > told else {
      return nil
    }
    interval = min(interval * 2, 60_000)
    let notice = SourceNotice(.warning, text(told..<size))
    problem = text(end..<size)
    told = size
    return notice
  }

  /// Lets what was told stand no longer.
  func forgetTold() {
    problem = nil
  }

  private func text(_ bytes: Range<Int64>) -> String {
    "bytes \(bytes.lowerBound) to \(bytes.upperBound - 1) of \(reader.path) were written after learning had gone on in "
      + "\(successor): they are not learned. A writer that keeps a rotated file longer needs a longer source.file.quiet"
  }
}
