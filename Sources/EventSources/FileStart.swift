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
    let path = settings.path
    guard let position else {
      return try begin(
        SourcePosition(kind: .file, identity: ""), missing == .refuse ? settings.startsAt : missing, note: nil)
    }
    let saved = position[0] ?? PartitionPosition(partition: 0, nextOffset: 0)
    if position.kind == .file, let identity = FileIdentity(text: position.identity) {
      if try isSame(path, identity) {
        let opened: Opened
        do throws(SourceProblem) {
          opened = try go(on: path, position, saved)
        } catch {
          if settings.follows, let rotated = try inRotatedFile(position, saved, identity) {
            return try keeping(rotated, saved, missing)
          }
          guard error.needsPosition, missing != .refuse else { throw error }
          return try begin(position, missing, note: error.lost.first)
        }
        return try keeping(opened, saved, missing)
      }
      if settings.follows, let rotated = try inRotatedFile(position, saved, identity) {
        return try keeping(rotated, saved, missing)
      }
    }
    let lost = LostPosition(partition: 0, wanted: saved.nextOffset, earliest: 0, latest: nil)
    guard missing != .refuse else {
      throw SourceProblem(
        .otherSource,
        "\(path) is not the file that the saved position (offset \(saved.nextOffset)) belongs to: it begins otherwise. "
          + "Correct source.file.path, or tell learning to go on at \(Self.placesToChoose) of this one",
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
    case .latest: _ = try Self.translating { () throws(CompressionProblem) in try reader.skip(to: .max) }
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
    report.position.identity = try identity(of: settings.path).text
    report.position.jump(partition: 0, to: reader.offset)
    if let lost {
      report.notes.append(.positionMoved(lost, to: reader.offset))
    } else {
      report.notes.append(.newPartition(partition: 0, startsAt: reader.offset))
    }
    return Opened(
      report: report, reader: reader, lines: Self.lines(of: reader, limit: settings.maximumRecordBytes))
  }

  /// Goes to the byte at which a line begins.
  private func skip(_ reader: DecompressingReader, toLineAt offset: Int64) throws(SourceProblem) {
    if offset == 0 { return }
    var before: UInt8 = 0
    let reached = try Self.translating { () throws(CompressionProblem) in
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
  private func go(on path: String, _ position: SourcePosition, _ saved: PartitionPosition) throws(SourceProblem)
    -> Opened
  {
    let reader = try open(path)
    let target = saved.lastRecord?.offset ?? saved.nextOffset
    let reached = try Self.translating { () throws(CompressionProblem) in try reader.skip(to: target) }
    guard reached == target else { throw positionLost(path, saved, length: reached) }
    let lines = Self.lines(of: reader, limit: settings.maximumRecordBytes)
    var report = StartReport(position: position)
    report.position.identity = try identity(of: path).text
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

  /// Starts in the file of that position under the name that a rotation gave it.
  private func inRotatedFile(_ position: SourcePosition, _ saved: PartitionPosition, _ identity: FileIdentity)
    throws(SourceProblem) -> Opened?
  {
    for file in RotatedFiles(path: settings.path).list() {
      guard (try? isSame(file.path, identity)) == true else { continue }
      if var opened = try? go(on: file.path, position, saved) {
        opened.report.notes.append(.remark("the file was rotated since: going on in \(file.path)"))
        return opened
      }
    }
    return nil
  }

  private func isSame(_ path: String, _ identity: FileIdentity) throws(SourceProblem) -> Bool {
    try Self.translating { () throws(CompressionProblem) in
      try FileIdentity(path: path, format: format(of: path), count: identity.bytes)
    } == identity
  }

  func identity(of path: String) throws(SourceProblem) -> FileIdentity {
    try Self.translating { () throws(CompressionProblem) in try FileIdentity(path: path, format: format(of: path)) }
  }

  func open(_ path: String) throws(SourceProblem) -> DecompressingReader {
    do throws(SourceProblem) {
      return try Self.translating { () throws(CompressionProblem) in
        try DecompressingReader(path: path, format: format(of: path))
      }
    } catch {
      // A file that is followed may still come.
      var problem = error
      problem.isTransient = problem.isTransient && settings.follows
      throw problem
    }
  }

  /// The file that is followed is plain, whatever it begins with; its rotated ones may be compressed.
  private func format(of path: String) -> CompressionFormat? {
    settings.follows && path == settings.path ? .plain : nil
  }

  static func lines(of reader: DecompressingReader, limit: Int) -> LineReader {
    LineReader(limit: limit, offset: reader.offset) { (buffer) throws(SourceProblem) in
      try translating { () throws(CompressionProblem) in try reader.read(into: buffer) }
    }
  }

  private func positionLost(_ path: String, _ saved: PartitionPosition, length: Int64) -> SourceProblem {
    SourceProblem(
      .positionLost,
      "\(path) has only \(length) bytes, but the saved position is \(saved.nextOffset): it was truncated. Learning stops "
        + "until it is told to go on at \(Self.placesToChoose)",
      lost: [LostPosition(partition: 0, wanted: saved.nextOffset, earliest: 0, latest: length)])
  }

  static func translating<Value>(_ body: () throws(CompressionProblem) -> Value) throws(SourceProblem) -> Value {
    do throws(CompressionProblem) {
      return try body()
    } catch {
      switch error {
      case .cannotOpen: throw SourceProblem(.missing, error.description, isTransient: true)
      case .cannotRead, .noMemory: throw SourceProblem(.unreadable, error.description)
      case .notInFormat, .damaged, .truncated, .trailingGarbage: throw SourceProblem(.damaged, error.description)
      }
    }
  }
}
