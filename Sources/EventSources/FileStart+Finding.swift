/// Where the file of a saved position is now: at its path, or where a rotation put it.
extension FileStart {
  enum Search {
    case found(Opened)
    /// It is not there; what else is to be said of it.
    case notFound(String)
  }

  /// How long an incomplete compressed file may not have grown, for somebody to be at work on it.
  private static let compressionPatience: Int64 = 600 * 1_000_000_000

  /// Finds the file of a position and goes on in it.
  ///
  /// - Parameter waits: whether an incomplete compressed file, that may be it, is waited for.
  /// - Throws: `positionLost` or `otherSource` where the file is there and the position is not; a transient problem
  ///   where it may be there soon.
  func find(
    _ position: SourcePosition, _ saved: PartitionPosition, _ identity: FileIdentity, waits: Bool
  ) throws(SourceProblem) -> Search {
    if case .empty(let file) = identity {
      return try find(position, saved, empty: file, waits: waits)
    }
    var failure: SourceProblem?
    do throws(SourceProblem) {
      if try isSame(settings.path, identity) {
        return .found(try go(on: settings.path, position, saved, identity))
      }
    } catch {
      guard settings.follows, error.needsPosition || error.kind == .missing else { throw error }
      failure = error
    }
    let search = try inRotatedFile(position, saved, identity, waits: waits)
    if case .notFound = search, let failure { throw failure }
    return search
  }

  /// Of a file that was empty nothing was read: learning begins at its first byte, wherever it is now.
  private func find(
    _ position: SourcePosition, _ saved: PartitionPosition, empty file: FileIdentity.EmptyFile?, waits: Bool
  ) throws(SourceProblem) -> Search {
    let identity = FileIdentity.empty(file)
    guard saved.nextOffset == 0, let file else {
      // Earlier versions kept such an identity while they read: then the last line tells the file.
      guard saved.nextOffset == 0 || saved.lastRecord != nil else { return .notFound("") }
      return .found(try go(on: settings.path, position, saved, identity))
    }
    let later = settings.follows ? RotatedFiles(path: settings.path).list().filter { $0.modified >= file.modified } : []
    if let renamed = later.first(where: { $0.place == file.place }) {
      var opened = try go(on: renamed.path, position, saved, identity)
      opened.report.notes.append(.remark("the file was rotated since: going on in \(renamed.path)"))
      return .found(opened)
    }
    guard later.isEmpty else {
      return .notFound(
        ", or may do so: the file was empty when learning came to it, and "
          + later.reversed().map(\.path).joined(separator: ", ") + " was written since")
    }
    return .found(try go(on: settings.path, position, saved, identity))
  }

  /// Goes on in the file of a position under the name that a rotation gave it.
  private func inRotatedFile(
    _ position: SourcePosition, _ saved: PartitionPosition, _ identity: FileIdentity, waits: Bool
  ) throws(SourceProblem) -> Search {
    guard settings.follows else { return .notFound("") }
    let rotated = RotatedFiles(path: settings.path)
    var unreadable: [String] = []
    var unfinished: SourceProblem?
    for _ in 0..<10 {
      let files = rotated.list()
      (unreadable, unfinished) = ([], nil)
      for file in files {
        do throws(SourceProblem) {
          guard try isSame(file.path, identity) else { continue }
          var opened = try go(on: file.path, position, saved, identity)
          opened.report.notes.append(.remark("the file was rotated since: going on in \(file.path)"))
          return .found(opened)
        } catch {
          // Another one may be it, or this one under the name that it has by now.
          if error.needsPosition || error.kind == .missing { continue }
          unreadable.append(file.path)
          let isYoung = settings.clock.wallNanoseconds() - file.modified < Self.compressionPatience
          if error.isTransient, isYoung { unfinished = unfinished ?? error }
        }
      }
      if rotated.list() == files { break }
    }
    if waits, let unfinished { throw unfinished }
    return .notFound(
      unreadable.isEmpty
        ? "" : ". It may be one of those that cannot be read: \(unreadable.joined(separator: ", "))")
  }

  func isSame(_ path: String, _ identity: FileIdentity) throws(SourceProblem) -> Bool {
    guard case .head(let known) = identity else { return false }
    return try head(of: path, count: known.bytes) == known
  }

  /// The file that was read before that of a position, where it is still there: more may have been written to it.
  func left(by position: SourcePosition?) -> (file: LeftFile?, head: FileHead?) {
    guard settings.follows, let before = position?.fileBefore, let identity = FileIdentity(text: before.identity),
      case .head(let known) = identity
    else { return (nil, nil) }
    for file in RotatedFiles(path: settings.path).list() where (try? isSame(file.path, identity)) == true {
      guard let reader = try? open(file.path), let size = FileStatus(descriptor: reader.descriptor)?.size,
        reader.format != .plain || size >= before.nextOffset
      else { continue }
      return (
        LeftFile(reader, at: before.nextOffset, for: settings.path, clock: settings.clock),
        (try? head(of: reader)) ?? known
      )
    }
    return (nil, known)
  }
}
