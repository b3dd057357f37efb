import Glibc

/// Which file of a machine it is, whatever it is called: for as long as it is open, or there.
struct FilePlace: Hashable {
  var device: UInt64
  var inode: UInt64

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }

  /// As positions keep it.
  init?(text: Substring) {
    let parts = text.split(separator: ".")
    guard parts.count == 2, let device = UInt64(parts[0]), let inode = UInt64(parts[1]) else { return nil }
    self.device = device
    self.inode = inode
  }

  var text: String { "\(device).\(inode)" }
}

/// What the system says of a file.
struct FileStatus {
  var place: FilePlace
  var size: Int64
  /// When it was written last, and when it was written, renamed or linked last; nanoseconds since 1970.
  var modified: Int64
  var changed: Int64
  /// How many names it has.
  var links: Int
  var isRegular: Bool

  private init(_ status: stat) {
    place = FilePlace(status)
    size = Int64(status.st_size)
    modified = Self.nanoseconds(status.st_mtim)
    changed = Self.nanoseconds(status.st_ctim)
    links = Int(status.st_nlink)
    isRegular = status.st_mode & S_IFMT == S_IFREG
  }

  /// Of what a path names; nil where it names nothing that can be reached.
  init?(path: String) {
    guard case .there(let status) = Self.look(at: path) else { return nil }
    self = status
  }

  /// What came of looking at a path.
  enum Look {
    case there(FileStatus)
    case missing
    /// The system does not tell; with its `errno`.
    case unknown(Int32)
  }

  /// Looks what a path names.
  static func look(at path: String) -> Look {
    var status = stat()
    if stat(path, &status) == 0 { return .there(FileStatus(status)) }
    return errno == ENOENT || errno == ENOTDIR ? .missing : .unknown(errno)
  }

  /// Of an open file.
  init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
