import Foundation

/// A fresh directory that is deleted with everything in it when the value's last owner lets go of it.
public final class TemporaryDirectory: Sendable {
  /// The directory.
  public let url: URL

  /// The directory's path.
  public var path: String { url.path }

  /// Makes a fresh directory below the system's temporary one; the path is short enough for a Unix socket.
  public init() throws {
    let name = "afm-" + String(UInt32.random(in: 0...UInt32.max), radix: 36)
    url = FileManager.default.temporaryDirectory.appendingPathComponent(name, isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  /// Makes a fresh directory with a copy of everything in another: what a process killed now would leave.
  public convenience init(copyOf other: TemporaryDirectory) throws {
    try self.init()
    for name in try FileManager.default.contentsOfDirectory(atPath: other.path) {
      try FileManager.default.copyItem(atPath: other.path(name), toPath: path(name))
    }
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  /// The path of something inside.
  public func path(_ name: String) -> String {
    url.appendingPathComponent(name).path
  }
}
