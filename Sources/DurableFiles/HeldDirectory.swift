import Glibc

/// A directory that is kept open, to notice when its path leads elsewhere.
public final class HeldDirectory: Sendable {
  /// The path it was opened by.
  public let path: String

  private let descriptor: Int32

  /// Opens a directory.
  public init(_ path: String) throws(FileProblem) {
    self.path = path
    descriptor = try OpenFile.retrying("open", path) { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
  }

  deinit {
    close(descriptor)
  }

  /// Whether the path still leads to this directory: not where it, or one above it, was removed or replaced.
  public var isInPlace: Bool { OpenFile.isInPlace(descriptor, path) }
}
