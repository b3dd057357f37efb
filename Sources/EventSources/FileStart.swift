// Unsafe memory: a buffer of one record, of this function's own.
import Compression
import Glibc

/// Finds out where to start in a file: whether it is the one the position belongs to, and whether the position is there.
struct FileStart {
  let settings: FileSourceSettings

  struct Opened {
    var report: StartReport
    var reader: DecompressingReader
    var lines: LineReader
  }

  func resolve(_ position: SourcePosition?, missing: MissingPositionPolicy) throws(SourceProblem) -> Opened {
    guard let position else {
      return try begin(
        SourcePosition(kind: .file, identity: ""), missing == .refuse ? settings.startsAt : missing, note: nil)
    }
    let saved = position[0] ?? PartitionPosition(partition: 0, nextOffset: 0)
    var lost = LostPosition(partition: 0, wanted: saved.nextOffset, earliest: 0, latest: nil)
    var reason =
      "\(settings.path) is not the file that the saved position (offset \(saved.nextOffset)) belongs to: it begins "
      + "otherwise"
    if position.kind == .file, let identity = FileIdentity(text: position.identity) {
      do throws(SourceProblem) {
        switch try find(position, saved, identity, waits: missing == .refuse) {
        case .found(let opened): return try keeping(opened, saved, missing)
        case .notFound(let remark): reason += remark
        }
      } catch {
        guard error.needsPosition, missing != .refuse else { throw error }
        lost = error.lost.first ?? lost
      }
    }
    guard missing != .refuse else {
      throw SourceProblem(
        .otherSource,
        "\(reason). Correct source.file.path, or tell learning to go on at \(Self.placesToChoose) of this one",
        lost: [lost])
    }
    return try begin(position, missing, note: lost)
  }

  /// What can be chosen where a position is gone.
  static let placesToChoose = "`earliest`, `latest` or the byte at which a line begins"

  /// The saved position, unless a place was named: going on elsewhere than there would pass for success.
  private func keeping(
    _ opened: Opened, _ saved: PartitionPosition, _ missing: MissingPositionPolicy
  ) throws(SourceProblem) -> Opened {
    guard missing.isExact else { return opened }
    throw SourceProblem(
      .configuration,
      "\(settings.path) still has the saved position (byte \(saved.nextOffset)), which a time or a byte cannot move: resume with "
        + "`earliest`, which keeps it")
  }

  /// Starts at the beginning, at the end, or where a line begins.
  private func begin(_ position: SourcePosition, _ policy: MissingPositionPolicy, note lost: LostPosition?)
    throws(SourceProblem) -> Opened
  {
    let reader = try open(settings.path)
    switch policy {
    case .refuse, .earliest: break
    case .latest: _ = try translating(reader.path) { () throws(CompressionProblem) in try reader.skip(to: .max) }
    case .time:
      throw SourceProblem(
        .configuration,
        "a file's lines have no times of their own, so \(settings.path) cannot be read from a time: say `earliest`, "
          + "`latest`, or the byte at which a line begins")
    case .offsets(let offsets):
      guard let offset = offsets[0], offsets.count == 1 else {
        throw SourceProblem(
          .configuration, "a file has partition 0 alone: name one offset, the byte at which a line begins")
      }
      try skip(reader, toLineAt: offset)
    }
    var report = StartReport(position: position)
    report.position.kind = .file
    report.position.identity = reader.isRegular ? try identity(of: reader).text : ""
    report.position.fileBefore = nil
    report.position.jump(partition: 0, to: reader.offset)
    if let lost {
      // Also where the same file was emptied and written again: its offsets name other records.
      report.isAnotherSource = true
      report.notes.append(.positionMoved(lost, to: reader.offset))
    } else {
      report.notes.append(.newPartition(partition: 0, startsAt: reader.offset))
    }
    return Opened(report: report, reader: reader, lines: lines(of: reader))
  }

  /// Goes to the byte at which a line begins.
  private func skip(_ reader: DecompressingReader, toLineAt offset: Int64) throws(SourceProblem) {
    if offset == 0 { return }
    var before: UInt8 = 0
    let reached = try translating(reader.path) { () throws(CompressionProblem) in
      let reached = try reader.skip(to: offset - 1)
      let count = try withUnsafeMutableBytes(of: &before) { (byte) throws(CompressionProblem) in
        try reader.read(into: byte)
      }
      return reached + Int64(count)
    }
    guard reached == offset else {
      throw SourceProblem(
        .positionLost, "\(settings.path) has only \(reached) bytes, so it cannot be read from byte \(offset)",
        lost: [LostPosition(partition: 0, wanted: offset, earliest: 0, latest: reached)])
    }
    guard before == UInt8(ascii: "\n") else {
      throw SourceProblem(
        .positionLost, "byte \(offset) of \(settings.path) is within a line: name the byte at which one begins",
        lost: [LostPosition(partition: 0, wanted: offset, earliest: 0)])
    }
  }

  /// Starts at a position in a file that begins as it should.
  func go(
    on path: String, _ position: SourcePosition, _ saved: PartitionPosition, _ identity: FileIdentity
  ) throws(SourceProblem) -> Opened {
    let reader = try open(path)
    let target = saved.lastRecord?.offset ?? saved.nextOffset
    let reached = try translating(path) { () throws(CompressionProblem) in try reader.skip(to: target) }
    guard reached == target else { throw positionLost(path, saved, length: reached) }
    let lines = lines(of: reader)
    var report = StartReport(position: position)
    let head = try head(of: reader)
    report.position.identity = head.bytes > 0 ? identity.grown(to: head).text : try self.identity(of: reader).text
    if let last = saved.lastRecord {
      let room = UnsafeMutableBufferPointer<SourceRecord>.allocate(capacity: 1)
      defer { room.deallocate() }
      guard try lines.next(into: room, endsLine: true) == .records(1), lines.offset >= saved.nextOffset else {
        throw positionLost(path, saved, length: lines.offset)
      }
      guard room[0].checksum == last.checksum else {
        throw SourceProblem(
          .otherSource,
          "\(path) is not the file that was learned: the line at offset \(last.offset) is another one. Learning stops "
            + "until it is told to go on at \(Self.placesToChoose)",
          lost: [LostPosition(partition: 0, wanted: saved.nextOffset, earliest: 0)])
      }
      report.notes.append(.lastRecordVerified(partition: 0, offset: last.offset))
      if lines.offset != saved.nextOffset {
        // The last line had no newline then and has one now.
        for index in report.position.partitions.indices { report.position.partitions[index].nextOffset = lines.offset }
      }
    }
    return Opened(report: report, reader: reader, lines: lines)
  }

  func identity(of reader: DecompressingReader) throws(SourceProblem) -> FileIdentity {
    try translating(reader.path) { () throws(CompressionProblem) in try FileIdentity(of: reader) }
  }

  func head(of reader: DecompressingReader) throws(SourceProblem) -> FileHead {
    try translating(reader.path) { () throws(CompressionProblem) in try FileHead(of: reader) }
  }

  func head(of path: String, count: Int = FileHead.length) throws(SourceProblem) -> FileHead {
    try translating(path) { () throws(CompressionProblem) in
      try FileHead(path: path, format: format(of: path), count: count)
    }
  }

  func open(_ path: String) throws(SourceProblem) -> DecompressingReader {
    try translating(path) { () throws(CompressionProblem) in
      try DecompressingReader(path: path, format: format(of: path), takesStreams: settings.takesStreams)
    }
  }

  /// The file that is followed is plain, whatever it begins with; its rotated ones may be compressed.
  private func format(of path: String) -> CompressionFormat? {
    settings.follows && path == settings.path ? .plain : nil
  }

  /// Cuts an open file into lines, from where it stands. A file that is followed is looked at with each read: whether
  /// what was read before is still there.
  func lines(of reader: DecompressingReader) -> LineReader {
    let tail = settings.follows && reader.format == .plain && reader.isRegular ? FileTail(reader) : nil
    return LineReader(limit: settings.maximumRecordBytes, offset: reader.offset) { (buffer) throws(SourceProblem) in
      let count = try translating(reader.path) { () throws(CompressionProblem) in try reader.read(into: buffer) }
      guard let tail, count > 0 || tail.isTouched else { return count }
      guard tail.isThere else { throw Self.rewritten(reader, upTo: reader.offset - Int64(count)) }
      tail.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      return count
    }
  }

  private func positionLost(_ path: String, _ saved: PartitionPosition, length: Int64) -> SourceProblem {
    SourceProblem(
      .positionLost,
      "\(path) has only \(length) bytes, but the saved position is \(saved.nextOffset): it was truncated. Learning stops "
        + "until it is told to go on at \(Self.placesToChoose)",
      lost: [LostPosition(partition: 0, wanted: saved.nextOffset, earliest: 0, latest: length)])
  }

  /// A followed file that was emptied under us, and may have grown again since.
  static func rewritten(_ reader: DecompressingReader, upTo offset: Int64) -> SourceProblem {
    let size = FileStatus(descriptor: reader.descriptor)?.size
    return SourceProblem(
      .positionLost,
      "\(reader.path) was emptied or written anew while it was read: what was read before byte \(offset) is no longer "
        + "there\(size.map { ", and it has \($0) bytes" } ?? ""). Rotate it by renaming, not by emptying it. Learning stops "
        + "until it is told to go on at \(placesToChoose)",
      lost: [LostPosition(partition: 0, wanted: offset, earliest: 0, latest: size)])
  }

  /// Only a file that is not there may be passed over. One that is there and cannot be opened (no permission, no
  /// descriptor left) is the next one all the same.
  func cannotOpen(_ path: String, _ code: Int32) -> SourceProblem {
    let what = CompressionProblem.cannotOpen(path: path, code: code)
    if code == ENOENT || code == ENOTDIR {
      // A file that is followed may still come.
      return SourceProblem(.missing, what.description, isTransient: settings.follows)
    }
    let remedy =
      switch code {
      case EACCES, EPERM: "Let the user that runs this read it and search the folders above it, or move it away"
      case EMFILE, ENFILE: "Raise the limit of open files (`LimitNOFILE=` of the unit)"
      default: "Put a file there that can be read"
      }
    return SourceProblem(
      .unreadable, "\(what). \(remedy)" + (settings.follows ? "; trying on" : ""), isTransient: settings.follows)
  }

  func translating<Value>(
    _ path: String, _ body: () throws(CompressionProblem) -> Value
  ) throws(SourceProblem) -> Value {
    do throws(CompressionProblem) {
      return try body()
    } catch {
      switch error {
      case .cannotOpen(_, let code): throw cannotOpen(path, code)
      case .notAFile(_, let sort):
        throw SourceProblem(
          .configuration,
          "\(error), and only a file can be read again from where learning stopped. "
            + (sort == "a directory"
              ? "Let source.file.path name a file in it"
              : "Let source.kind be stdin, and start the daemon with its standard input from there (`< \(path)`)"))
      case .cannotRead, .noMemory, .windowTooLarge: throw SourceProblem(.unreadable, error.description)
      case .truncated where settings.follows && path != settings.path:
        throw SourceProblem(
          .unreadable,
          "\(error). While it is being compressed that passes by itself; if it does not, put the whole file in its place",
          isTransient: true)
      case .notInFormat, .damaged, .truncated, .trailingGarbage: throw SourceProblem(.damaged, error.description)
      }
    }
  }
}
