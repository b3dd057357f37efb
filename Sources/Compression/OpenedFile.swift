import Glibc

/// What came of opening a path, and what it names.
struct OpenedFile {
  /// What a path may name, as far as reading it differs.
  enum Sort {
    /// A file with a length, that can be read again.
    case regular
    /// A pipe, a terminal or another device: its bytes come once.
    case stream(String)
    /// Nothing that has bytes: a directory, a socket's path.
    case none(String)
  }

  /// The descriptor, -1 where opening failed.
  let descriptor: Int32
  let sort: Sort
  /// The system's code for why opening failed.
  let code: Int32?

  var isRegular: Bool {
    if case .regular = sort { true } else { false }
  }

  /// Opens a path for reading; with `waits` a named pipe waits for its writer.
  init(_ path: String, waits: Bool) {
    // Without `O_NONBLOCK` this waits until somebody opens the pipe to write; a signal, such as an operator's Ctrl-C,
    // ends the wait, which is then an error and not begun again.
    let found = open(path, O_RDONLY | O_CLOEXEC | (waits ? 0 : O_NONBLOCK))
    descriptor = found
    var status = stat()
    guard found >= 0, fstat(found, &status) == 0 else {
      let code = errno
      // A socket's path cannot be opened at all, and ENXIO says little.
      let isSocket = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
      self.code = isSocket ? nil : code
      sort = .none("a socket")
      return
    }
    code = nil
    sort =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFIFO: .stream("a pipe")
      case S_IFSOCK: .stream("a socket")
      case S_IFCHR: .stream(isatty(found) == 1 ? "a terminal" : "a device")
      case S_IFDIR: .none("a directory")
      // A disk has a length, which `fstat` does not tell.
      default: .stream("a device")
      }
  }

  /// Makes sure that it can be read.
  func check(_ path: String, takesStreams: Bool) throws(CompressionProblem) {
    if let code { throw .cannotOpen(path: path, code: code) }
    switch sort {
    case .regular: break
    case .stream(let name): if !takesStreams { throw .notAFile(path: path, sort: name) }
    case .none(let name): throw .notAFile(path: path, sort: name)
    }
  }
}
