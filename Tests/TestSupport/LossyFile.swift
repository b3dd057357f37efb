import DurableFiles
import Glibc
import Synchronization

/// A file whose next sync fails and drops what was written to it since it was last known to be on the disk: zeros stand
/// in its place, as on some file systems, and the sync after that succeeds.
public final class LossyFile: Sendable {
  private let path: String
  private let durable: off_t
  private let failures = Atomic<Int>(0)

  /// Takes what the file holds up to here as being on the disk.
  ///
  /// - Parameters:
  ///   - path: the file's path.
  ///   - durable: how many bytes are on the disk; nil for none.
  public init(_ path: String, durable: UInt64 = 0) {
    self.path = path
    self.durable = off_t(clamping: durable)
  }

  /// Whether the sync has failed.
  public var hasFailed: Bool { failures.load(ordering: .relaxed) > 0 }

  /// Lets the first sync in `body` fail.
  @discardableResult
  public func failsOnce<Result>(_ body: () throws -> Result) rethrows -> Result {
    try FileFaults.with(
      { [self] operation, path in
        guard operation == "sync", path == self.path, failures.add(1, ordering: .relaxed).newValue == 1 else {
          return nil
        }
        drop()
        return EIO
      }, body)
  }

  private func drop() {
    let descriptor = open(path, O_RDWR)
    defer { close(descriptor) }
    var information = stat()
    fstat(descriptor, &information)
    ftruncate(descriptor, durable)
    ftruncate(descriptor, information.st_size)
  }
}
