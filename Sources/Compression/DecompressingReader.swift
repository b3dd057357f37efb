// Unsafe memory: `input` is this object's own buffer; `read` writes only into the caller's.
import Glibc

/// Reads a file that may be compressed, as the stream of bytes that was compressed.
///
/// The format is told by the file's first bytes; a file that is named .gz, .xz or .zst must hold that format.
/// Concatenated members are one stream. A truncated, damaged or padded file is an error, never a shorter stream. Every
/// byte is read once and in order, so that a pipe is read whole.
/// Not `Sendable`: one thread uses it.
public final class DecompressingReader {
  /// The file's path, as given.
  public let path: String

  /// The format found.
  public let format: CompressionFormat

  /// How many uncompressed bytes have been read or skipped.
  public private(set) var offset: Int64 = 0

  /// The open file: for `fstat` and `pread`, not for `read`.
  public let descriptor: Int32

  /// Whether it is a file with a length, that can be read again; a pipe, a terminal or a device is none.
  public let isRegular: Bool

  private let input: UnsafeMutableRawBufferPointer
  private var inputStart = 0
  private var inputEnd = 0
  private var inputIsAtEnd = false
  private var isComplete = false
  private let decoder: (any StreamDecoder)?

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: the file's path.
  ///   - expected: the format it must have; nil takes what its content (and its suffix) says. `plain` reads any
  ///     content as it is, and an end may be passed again when the file has grown.
  ///   - takesStreams: whether the path may name something that can be read only once, such as a pipe. Opening a named
  ///     pipe then waits for its writer; otherwise nothing waits.
  /// - Throws: `cannotOpen`, `cannotRead`, `notAFile`, `notInFormat`, `noMemory`.
  public init(
    path: String, format expected: CompressionFormat? = nil, takesStreams: Bool = true
  ) throws(CompressionProblem) {
    self.path = path
    let opened = OpenedFile(path, waits: takesStreams)
    descriptor = opened.descriptor
    isRegular = opened.isRegular
    input = .allocate(byteCount: 1 << 17, alignment: 16)
    do throws(CompressionProblem) {
      try opened.check(path, takesStreams: takesStreams)
      let magic = try Self.magic(of: opened, path, expected, into: input)
      // A stream gives its first bytes only once: they are the first of what is read.
      inputEnd = isRegular ? 0 : magic.count
      (format, decoder) = try Self.decoding(path, magic, expected)
    } catch {
      (format, decoder) = (.plain, nil)
      throw error
    }
  }

  /// The first bytes, which tell the format; none where that is given.
  private static func magic(
    of opened: OpenedFile, _ path: String, _ expected: CompressionFormat?, into buffer: UnsafeMutableRawBufferPointer
  ) throws(CompressionProblem) -> UnsafeRawBufferPointer {
    if expected == .plain { return UnsafeRawBufferPointer(rebasing: buffer[..<0]) }
    var count = 0
    while count < CompressionFormat.magicLength {
      let wanted = CompressionFormat.magicLength - count
      let got =
        opened.isRegular
        ? pread(opened.descriptor, buffer.baseAddress.map { $0 + count }, wanted, off_t(count))
        : Glibc.read(opened.descriptor, buffer.baseAddress.map { $0 + count }, wanted)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .cannotRead(path: path, reason: String(cString: strerror(errno))) }
      if got == 0 { break }
      count += got
    }
    return UnsafeRawBufferPointer(rebasing: buffer[..<count])
  }

  private static func decoding(
    _ path: String, _ magic: UnsafeRawBufferPointer, _ expected: CompressionFormat?
  ) throws(CompressionProblem) -> (CompressionFormat, (any StreamDecoder)?) {
    let found = CompressionFormat(firstBytes: magic)
    let format = expected ?? found
    let named = expected ?? CompressionFormat(suffixOf: path)
    if let named, named != .plain, named != found {
      throw magic.count < CompressionFormat.magicLength && CompressionFormat.isBeginning(magic, of: named)
        ? .truncated(path: path, format: named, offset: 0) : .notInFormat(path: path, format: named)
    }
    do throws(DecodingFailure) {
      switch format {
      case .plain: return (format, nil)
      case .gzip: return (format, try GzipDecoder())
      case .xz: return (format, try XZDecoder())
      case .zstd: return (format, try ZstdDecoder())
      }
    } catch {
      throw .noMemory(path: path, format: format)
    }
  }

  deinit {
    if descriptor >= 0 { Glibc.close(descriptor) }
    input.deallocate()
  }

  /// Reads the next bytes.
  ///
  /// - Returns: how many bytes were written to the beginning of `output`; 0 at the end of the stream. A plain file
  ///   may be read again when it has grown.
  public func read(into output: UnsafeMutableRawBufferPointer) throws(CompressionProblem) -> Int {
    guard !output.isEmpty else { return 0 }
    guard let decoder else {
      let count = inputStart < inputEnd ? takeInput(into: output) : try readFile(into: output)
      offset += Int64(count)
      return count
    }
    while true {
      if inputStart == inputEnd && !inputIsAtEnd {
        inputStart = 0
        inputEnd = try readFile(into: input)
        inputIsAtEnd = inputEnd == 0
      }
      let step: DecodingStep
      do throws(DecodingFailure) {
        let rest = UnsafeRawBufferPointer(rebasing: input[inputStart..<inputEnd])
        step = try decoder.step(rest, isLast: inputIsAtEnd, into: output)
      } catch {
        throw problem(for: error)
      }
      inputStart += step.consumed
      isComplete = step.isComplete
      if step.produced > 0 {
        offset += Int64(step.produced)
        return step.produced
      }
      if inputIsAtEnd {
        if isComplete { return 0 }
        throw .truncated(path: path, format: format, offset: offset)
      }
    }
  }

  /// Skips forward to an uncompressed offset: at once in a plain file, by decoding in the others.
  ///
  /// - Returns: the offset reached, which is less than `target` where the stream is shorter.
  public func skip(to target: Int64) throws(CompressionProblem) -> Int64 {
    if decoder == nil, isRegular {
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { throw .cannotRead(path: path, reason: systemReason()) }
      let reached = max(offset, min(target, Int64(status.st_size)))
      guard lseek(descriptor, off_t(reached), SEEK_SET) >= 0 else {
        throw .cannotRead(path: path, reason: systemReason())
      }
      offset = reached
      return reached
    }
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { scratch.deallocate() }
    while offset < target {
      let wanted = Int(min(Int64(scratch.count), target - offset))
      if try read(into: UnsafeMutableRawBufferPointer(rebasing: scratch[..<wanted])) == 0 { break }
    }
    return offset
  }

  /// What of a plain stream was read to tell its format.
  private func takeInput(into output: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(output.count, inputEnd - inputStart)
    output.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[inputStart..<inputStart + count]))
    inputStart += count
    return count
  }

  private func readFile(into buffer: UnsafeMutableRawBufferPointer) throws(CompressionProblem) -> Int {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR { throw .cannotRead(path: path, reason: systemReason()) }
    }
  }

  private func systemReason() -> String { String(cString: strerror(errno)) }

  private func problem(for failure: DecodingFailure) -> CompressionProblem {
    switch failure {
    case .damaged(let reason): .damaged(path: path, format: format, offset: offset, reason: reason)
    case .windowTooLarge(let bytes): .windowTooLarge(path: path, format: format, bytes: bytes)
    case .trailingGarbage: .trailingGarbage(path: path, format: format, offset: offset)
    case .noMemory: .noMemory(path: path, format: format)
    }
  }
}
