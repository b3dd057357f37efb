import Glibc

/// Why a file could not be read to its end.
public enum CompressionProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file could not be opened; `code` is the system's, an `errno`.
  case cannotOpen(path: String, code: Int32)
  /// It is no file that can be read again, but, say, "a pipe".
  case notAFile(path: String, sort: String)
  /// Reading failed, with the system's reason.
  case cannotRead(path: String, reason: String)
  /// The name says one format, the content another.
  case notInFormat(path: String, format: CompressionFormat)
  /// The compressed data is damaged; `offset` is the uncompressed offset reached.
  case damaged(path: String, format: CompressionFormat, offset: Int64, reason: String)
  /// To read the data, more of it would have to be kept in memory than is; so many bytes, where that is known.
  case windowTooLarge(path: String, format: CompressionFormat, bytes: UInt64?)
  /// The file ends in the middle of its compressed data.
  case truncated(path: String, format: CompressionFormat, offset: Int64)
  /// Something follows the compressed data that is none of it.
  case trailingGarbage(path: String, format: CompressionFormat, offset: Int64)
  /// The library that reads the format could not start.
  case noMemory(path: String, format: CompressionFormat)

  /// A sentence with path, place and reason.
  public var description: String {
    switch self {
    case .cannotOpen(let path, let code): "cannot open \(path): \(String(cString: strerror(code)))"
    case .notAFile(let path, let sort): "\(path) is \(sort), not a file"
    case .cannotRead(let path, let reason): "cannot read \(path): \(reason)"
    case .notInFormat(let path, let format): "\(path) is named like a \(format.rawValue) file but holds none"
    case .damaged(let path, let format, let offset, let reason):
      "\(path): damaged \(format.rawValue) data after \(offset) uncompressed bytes: \(reason)"
    case .windowTooLarge(let path, let format, let bytes):
      "\(path): this \(format.rawValue) data needs a window of \(bytes.map { "\($0 >> 20) MiB" } ?? "more than 128 MiB"), "
        + "and 128 MiB are kept; compress the file anew with `--long=27` or less"
    case .truncated(let path, let format, let offset):
      "\(path): the \(format.rawValue) data ends early, after \(offset) uncompressed bytes; the file is incomplete"
    case .trailingGarbage(let path, let format, let offset):
      "\(path): something that is not \(format.rawValue) data follows after \(offset) uncompressed bytes"
    case .noMemory(let path, let format): "\(path): not enough memory to read \(format.rawValue) data"
    }
  }
}
