import Compression
import Glibc

/// Where a command's input comes from: a file, compressed or not, or standard input.
enum InputBytes {
  /// A file; `.gz`, `.xz` and `.zst` are decompressed.
  case file(DecompressingReader)
  /// Standard input, as it is.
  case standardInput

  /// Opens a file, or standard input where there is no path or it is `-`.
  static func open(_ path: String?) throws(Failure) -> InputBytes {
    guard let path, path != "-" else { return .standardInput }
    do {
      return .file(try DecompressingReader(path: path))
    } catch {
      throw Failure(.inputOutput, "\(error)")
    }
  }

  /// The input's name for messages.
  var name: String {
    switch self {
    case .file(let reader): reader.path
    case .standardInput: "standard input"
    }
  }

  /// Reads some bytes; 0 at the end.
  func read(into output: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    switch self {
    case .file(let reader):
      do {
        return try reader.read(into: output)
      } catch {
        throw Failure(.inputOutput, "\(error)")
      }
    case .standardInput:
      while true {
        let count = Glibc.read(STDIN_FILENO, output.baseAddress, output.count)
        if count >= 0 { return count }
        if errno == EINTR, Interrupt.isRequested { return 0 }
        if errno != EINTR {
          throw Failure(.inputOutput, "standard input: \(String(cString: strerror(errno)))")
        }
      }
    }
  }

  /// Everything there is, at most `limit` bytes.
  func readAll(limit: Int) throws(Failure) -> [UInt8] {
    let lines = LineReader(self, maximumBytes: limit)
    var bytes: [UInt8] = []
    while let line = try lines.next() {
      if !bytes.isEmpty { bytes.append(UInt8(ascii: "\n")) }
      bytes += line
      guard bytes.count <= limit else { throw Failure(.badData, "\(name): more than \(limit) bytes") }
    }
    return bytes
  }
}
