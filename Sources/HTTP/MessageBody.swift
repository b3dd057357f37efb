/// A body being put together, by its length or by its chunks.
struct MessageBody {
  enum Framing: Equatable {
    /// So many bytes are still to come.
    case length(Int)
    /// Chunked coding: the line with a chunk's size comes next.
    case chunkSize
    /// So many bytes of a chunk are still to come.
    case chunk(Int)
    /// The CR LF behind a chunk's bytes; how many of the two were seen.
    case chunkEnd(Int)
    /// Trailer fields and the empty line that ends the message.
    case trailers
    /// All there is until the connection ends (answers of old servers only).
    case untilEnd
    /// Complete.
    case complete
  }

  /// The bytes so far, chunked coding undone. The buffer is reused; a large one is let go.
  private(set) var bytes: [UInt8] = []
  private(set) var framing = Framing.complete
  private var lines = MessageHead()

  private static let keptCapacity = 256 << 10
  private static let maximumSizeLine = 256

  mutating func begin(_ framing: Framing) {
    reset()
    self.framing = framing == .length(0) ? .complete : framing
  }

  mutating func reset() {
    if bytes.capacity > Self.keptCapacity { bytes = [] } else { bytes.removeAll(keepingCapacity: true) }
    framing = .complete
    lines.reset()
  }

  /// Marks a body that ends with its connection as complete.
  mutating func end() -> Bool {
    guard framing == .untilEnd || framing == .complete else { return false }
    framing = .complete
    return true
  }

  /// Takes bytes of the body; returns how many. Stops at the end of the body.
  mutating func take(_ input: Slice<UnsafeBufferPointer<UInt8>>, limits: Limits) throws(ParseFailure) -> Int {
    var position = input.startIndex
    while position < input.endIndex {
      let rest = input[position...]
      switch framing {
      case .complete:
        return position - input.startIndex
      case .untilEnd:
        guard bytes.count + rest.count <= limits.bodyBytes else { throw Self.tooLarge(limits) }
        bytes.append(contentsOf: rest)
        position = input.endIndex
      case .length(let remaining):
        let part = rest.prefix(remaining)
        bytes.append(contentsOf: part)
        position += part.count
        framing = part.count == remaining ? .complete : .length(remaining - part.count)
      case .chunk(let remaining):
        let part = rest.prefix(remaining)
        bytes.append(contentsOf: part)
        position += part.count
        framing = part.count == remaining ? .chunkEnd(0) : .chunk(remaining - part.count)
      case .chunkEnd(let seen):
        guard input[position] == (seen == 0 ? Syntax.carriageReturn : Syntax.lineFeed) else {
          throw .malformed("a chunk is longer than its size says")
        }
        position += 1
        framing = seen == 0 ? .chunkEnd(1) : .chunkSize
      case .chunkSize:
        position += try takeChunkSize(rest, limits: limits)
      case .trailers:
        position += try takeTrailer(rest, limits: limits)
      }
    }
    return position - input.startIndex
  }

  private mutating func takeChunkSize(_ input: Slice<UnsafeBufferPointer<UInt8>>, limits: Limits)
    throws(ParseFailure) -> Int
  {
    let (taken, line) = try lines.takeLine(
      input, limit: Self.maximumSizeLine, overLimit: .malformed("the line with a chunk's size is too long"))
    guard let line else { return taken }
    let size = try chunkSize(line)
    lines.reset()
    if size == 0 {
      framing = .trailers
    } else {
      guard size <= limits.bodyBytes - bytes.count else { throw Self.tooLarge(limits) }
      framing = .chunk(size)
    }
    return taken
  }

  private func chunkSize(_ line: Range<Int>) throws(ParseFailure) -> Int {
    var size = 0
    var index = line.lowerBound
    while index < line.upperBound, let digit = Syntax.hexadecimal(lines.bytes[index]) {
      guard size <= Int.max >> 4 else { throw .malformed("a chunk's size is too large for any number") }
      size = size << 4 | Int(digit)
      index += 1
    }
    let extensions = lines.bytes[index..<line.upperBound]
    guard index > line.lowerBound, extensions.first ?? UInt8(ascii: ";") == UInt8(ascii: ";"),
      extensions.allSatisfy(Syntax.isFieldValue)
    else { throw .malformed("a chunk's size is not hexadecimal digits") }
    return size
  }

  private mutating func takeTrailer(_ input: Slice<UnsafeBufferPointer<UInt8>>, limits: Limits)
    throws(ParseFailure) -> Int
  {
    let (taken, line) = try lines.takeLine(
      input, limit: limits.headBytes, overLimit: ParseFailure(status: 431, detail: "the trailers are too long"))
    guard let line else { return taken }
    if line.isEmpty {
      framing = .complete
    } else {
      _ = try lines.addField(line, maximum: limits.headerCount)
    }
    return taken
  }

  static func tooLarge(_ limits: Limits) -> ParseFailure {
    ParseFailure(status: 413, detail: "the body is larger than \(limits.bodyBytes) bytes")
  }
}
