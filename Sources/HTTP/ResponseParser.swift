/// A whole answer.
public struct Response: Equatable, Sendable {
  /// The status code.
  public var status: Int
  /// The body's media type; nil where the answer does not say.
  public var contentType: String?
  /// The body.
  public var body: [UInt8]
  /// Whether the connection stays open after it.
  public var keepsAlive: Bool
}

/// A strict, incremental parser of HTTP/1.1 answers, for clients: bytes in, answers out. Interim answers are skipped.
public struct ResponseParser {
  /// What came of some bytes.
  public enum Step: Equatable, Sendable {
    /// The answer is not complete yet.
    case needsMore
    /// A whole answer.
    case response(Response)
    /// The bytes are no answer.
    case failed(ParseFailure)
  }

  private enum State { case statusLine, fields, body }

  private let limits: Limits
  private var state = State.statusLine
  private var lines = MessageHead()
  private var content = MessageBody()
  private var response = Response(status: 0, contentType: nil, body: [], keepsAlive: true)
  private var contentLength: Int?
  private var isChunked = false

  /// Whether the answers to come are to HEAD requests and so have no body.
  public var isHead = false

  /// Makes a parser for one connection.
  public init(limits: Limits = Limits(bodyBytes: 256 << 20)) {
    self.limits = limits
  }

  /// Takes bytes up to the end of an answer; returns how many were taken and what came of them.
  public mutating func consume(_ bytes: UnsafeRawBufferPointer) -> (taken: Int, step: Step) {
    bytes.withMemoryRebound(to: UInt8.self) { input in
      var position = 0
      do throws(ParseFailure) {
        while true {
          if let step = try advance(input[position...], &position) { return (position, step) }
        }
      } catch {
        return (position, .failed(error))
      }
    }
  }

  /// Says that the connection ended; gives the answer whose body ends with it, where there is one.
  public mutating func end() -> Response? {
    guard state == .body, content.end() else { return nil }
    return finish()
  }

  private mutating func advance(_ input: Slice<UnsafeBufferPointer<UInt8>>, _ position: inout Int)
    throws(ParseFailure) -> Step?
  {
    if state == .body {
      position += try content.take(input, limits: limits)
      return content.framing == .complete ? .response(finish()) : .needsMore
    }
    guard !input.isEmpty else { return .needsMore }
    let (taken, line) = try lines.takeLine(
      input, limit: limits.headBytes, overLimit: .malformed("the answer's head is too long"))
    position += taken
    guard let line else { return .needsMore }
    if state == .statusLine {
      try parseStatusLine(line)
      state = .fields
    } else if line.isEmpty {
      try endFields()
    } else {
      let field = try lines.addField(line, maximum: limits.headerCount)
      try interpret(field)
    }
    return nil
  }

  private mutating func parseStatusLine(_ line: Range<Int>) throws(ParseFailure) {
    let bytes = lines.bytes[line]
    let code = bytes.dropFirst(9).prefix(3)
    guard bytes.count >= 12, bytes.starts(with: "HTTP/1.".utf8), let status = parseContentLength(code), status >= 100
    else { throw .malformed("this is not an HTTP answer") }
    response = Response(
      status: status, contentType: nil, body: [], keepsAlive: bytes[line.lowerBound + 7] != UInt8(ascii: "0"))
    contentLength = nil
    isChunked = false
  }

  private mutating func interpret(_ field: MessageHead.Field) throws(ParseFailure) {
    if lines.equals(field.name, "content-length") {
      guard contentLength == nil, let length = parseContentLength(lines.bytes[field.value]) else {
        throw .malformed("the answer's Content-Length is not one number")
      }
      contentLength = length
    } else if lines.equals(field.name, "transfer-encoding") {
      guard lines.equals(field.value, "chunked") else { throw .malformed("the answer's coding is not chunked") }
      isChunked = true
    } else if lines.equals(field.name, "content-type") {
      response.contentType = lines.text(field.value)
    } else if lines.equals(field.name, "connection") {
      if lines.lists(field.value, "close") { response.keepsAlive = false }
    }
  }

  private mutating func endFields() throws(ParseFailure) {
    if response.status < 200 {
      lines.reset()
      state = .statusLine
      return
    }
    state = .body
    if isHead || response.status == 204 || response.status == 304 {
      content.begin(.length(0))
    } else if isChunked {
      guard contentLength == nil else { throw .malformed("the answer has both a length and a coding") }
      content.begin(.chunkSize)
    } else if let contentLength {
      guard contentLength <= limits.bodyBytes else { throw MessageBody.tooLarge(limits) }
      content.begin(.length(contentLength))
    } else {
      response.keepsAlive = false
      content.begin(.untilEnd)
    }
  }

  private mutating func finish() -> Response {
    response.body = content.bytes
    state = .statusLine
    lines.reset()
    content.reset()
    return response
  }
}
