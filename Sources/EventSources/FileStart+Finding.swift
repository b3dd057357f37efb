import Compression

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
      // One that cannot be read may be a later one, begun in the place of that of the position.
      guard settings.follows, error.needsPosition || error.kind == .missing || error.kind == .unreadable else {
        throw error
      }
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
    let later = settings.follows ? try rotatedFiles().filter { $0.modified >= file.modified } : []
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
    var unreadable: [String] = []
    var unfinished: SourceProblem?
    for _ in 0..<10 {
      let files = try rotatedFiles()
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
          if error.isTransient, isYoung || !canOpen(file) { unfinished = unfinished ?? error }
        }
      }
      if try rotatedFiles() == files { break }
    }
    if waits, let unfinished { throw unfinished }
    return .notFound(
      unreadable.isEmpty
        ? ""
        : ", or may do so: it may be one of those that cannot be read, \(unreadable.joined(separator: ", ")). Make "
          + "them readable first: `afmctl resume --position earliest` goes on in that file where it finds it")
  }

  /// The files that were rotated away, newest first.
  ///
  /// - Throws: a transient `unreadable` where the folder cannot be read: there may be some.
  func rotatedFiles() throws(SourceProblem) -> [RotatedFiles.File] {
    do throws(RotatedFiles.Unreadable) {
      return try RotatedFiles(path: settings.path).list()
    } catch {
      throw cannotOpen(error.path, error.code)
    }
  }

  /// Whether a file can be opened at all. However old one is that cannot be, it is the one looked for as soon as it may
  /// be read; one that ends early is so only while somebody is at work on it.
  private func canOpen(_ file: RotatedFiles.File) -> Bool {
    (try? DecompressingReader(path: file.path, format: .plain, takesStreams: false)) != nil
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
    for file in (try? rotatedFiles()) ?? [] where (try? isSame(file.path, identity)) == true {
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
