/// A strict, incremental parser of HTTP/1.1 and 1.0 requests (RFC 9112): bytes in, requests out.
///
/// What makes two servers disagree on where a request ends is refused and the connection is to be closed: a body with
/// two framings, lengths that are not plain digits, transfer codings other than `chunked`, lines that end with LF
/// alone, folded fields, blanks before a colon, a missing or second Host. Bytes may come in pieces of any size; each is
/// looked at once. A message as large as those before allocates nothing.
public struct RequestParser {
  /// What came of some bytes.
  public enum Step: Equatable, Sendable {
    /// The request is not complete yet.
    case needsMore
    /// The client waits for `100 Continue` before it sends the body. Said once a request.
    case expectsContinue
    /// A whole request stands in `request`. The next call begins the next one.
    case request
    /// The bytes were refused; nothing more is taken.
    case failed(ParseFailure)
  }

  private enum State {
    case requestLine, fields, body, complete
    case failed(ParseFailure)
  }

  /// What frames the body and the connection, as the fields said it.
  private struct Semantics {
    var hosts = 0
    var contentLength: Int?
    var hasTransferEncoding = false
    var isChunked = false
    var closes = false
    var keepsAlive = false
    var expectsContinue = false
    var contentCoding: String?
  }

  /// The request; whole after `.request`, until the next call.
  public private(set) var request = Request()

  private let limits: Limits
  private var state = State.requestLine
  private var semantics = Semantics()
  private var sawEmptyLine = false

  /// Makes a parser for one connection.
  public init(limits: Limits = Limits()) {
    self.limits = limits
  }

  /// Whether the parser stands between two requests: an end of the connection here loses nothing.
  public var isBetweenRequests: Bool {
    switch state {
    case .complete: return true
    case .requestLine: return !request.lines.isInsideLine
    default: return false
    }
  }

  /// Takes bytes up to the end of a request.
  ///
  /// - Returns: how many bytes were taken, and what came of them. Call again with the rest after every step but
  ///   `.needsMore`, with which all bytes were taken.
  public mutating func consume(_ bytes: UnsafeRawBufferPointer) -> (taken: Int, step: Step) {
    if case .complete = state { begin() }
    return bytes.withMemoryRebound(to: UInt8.self) { input in
      var position = 0
      while true {
        if case .failed(let failure) = state { return (position, .failed(failure)) }
        do throws(ParseFailure) {
          let step = try advance(input[position...], &position)
          if let step { return (position, step) }
        } catch {
          state = .failed(error)
        }
      }
    }
  }

  private mutating func begin() {
    request.lines.reset()
    request.content.reset()
    semantics = Semantics()
    sawEmptyLine = false
    state = .requestLine
  }

  /// One step on; nil where there is more to do with the bytes at hand.
  private mutating func advance(_ input: Slice<UnsafeBufferPointer<UInt8>>, _ position: inout Int)
    throws(ParseFailure) -> Step?
  {
    switch state {
    case .requestLine:
      guard let first = input.first else { return .needsMore }
      guard request.lines.isInsideLine || Syntax.isToken(first) || first == Syntax.carriageReturn else {
        throw .malformed("this is not HTTP")
      }
      let (taken, line) = try request.lines.takeLine(
        input, limit: limits.headBytes,
        overLimit: ParseFailure(status: 414, detail: "the request line is longer than \(limits.headBytes) bytes"))
      position += taken
      guard let line else { return .needsMore }
      if line.isEmpty, !sawEmptyLine {
        sawEmptyLine = true  // RFC 9112, 2.2: one empty line before a request is forgiven.
      } else {
        try parseRequestLine(line)
        state = .fields
      }
      return nil
    case .fields:
      guard !input.isEmpty else { return .needsMore }
      let (taken, line) = try request.lines.takeLine(
        input, limit: limits.headBytes,
        overLimit: ParseFailure(status: 431, detail: "the header is larger than \(limits.headBytes) bytes"))
      position += taken
      guard let line else { return .needsMore }
      guard line.isEmpty else {
        let field = try request.lines.addField(line, maximum: limits.headerCount)
        try interpret(field)
        return nil
      }
      try endFields()
      return semantics.expectsContinue && request.content.framing != .complete ? .expectsContinue : nil
    case .body:
      position += try request.content.take(input, limits: limits)
      guard request.content.framing == .complete else { return .needsMore }
      state = .complete
      return .request
    case .complete:
      return .request
    case .failed(let failure):
      return .failed(failure)
    }
  }

  private mutating func parseRequestLine(_ line: Range<Int>) throws(ParseFailure) {
    let bytes = request.lines.bytes
    let parts = bytes[line]
    guard let first = parts.firstIndex(of: Syntax.space), let last = parts.lastIndex(of: Syntax.space), last > first
    else { throw .malformed("the request line is not a method, a target and a version") }
    let method = parts[..<first]
    guard !method.isEmpty, method.allSatisfy(Syntax.isToken) else {
      throw .malformed("the method is not a word")
    }
    request.method = Method(method)
    request.minorVersion = try minorVersion(parts[(last + 1)...])
    try Target.parse(parts[(first + 1)..<last], method: method, into: &request)
  }

  private func minorVersion(_ version: ArraySlice<UInt8>) throws(ParseFailure) -> Int {
    let start = version.startIndex
    guard version.count == 8, version.starts(with: "HTTP/".utf8), Syntax.isDigit(version[start + 5]),
      version[start + 6] == UInt8(ascii: "."), Syntax.isDigit(version[start + 7])
    else { throw .malformed("the version is not HTTP/1.1 or HTTP/1.0") }
    guard version[start + 5] == UInt8(ascii: "1") else {
      throw ParseFailure(status: 505, detail: "only HTTP/1.1 and HTTP/1.0 are spoken here")
    }
    return version[start + 7] == UInt8(ascii: "0") ? 0 : 1
  }

  private mutating func interpret(_ field: MessageHead.Field) throws(ParseFailure) {
    let lines = request.lines
    switch field.name.count {
    case 4 where lines.equals(field.name, "host"):
      semantics.hosts += 1
      guard semantics.hosts == 1 else { throw .malformed("more than one Host") }
      guard lines.bytes[field.value].allSatisfy(Syntax.isAuthority) else { throw .malformed("the Host is not one") }
    case 6 where lines.equals(field.name, "expect"):
      guard lines.equals(field.value, "100-continue") else {
        throw ParseFailure(status: 417, detail: "the only expectation met here is 100-continue")
      }
      semantics.expectsContinue = request.minorVersion > 0
    case 10 where lines.equals(field.name, "connection"):
      if lines.lists(field.value, "close") { semantics.closes = true }
      if lines.lists(field.value, "keep-alive") { semantics.keepsAlive = true }
    case 14 where lines.equals(field.name, "content-length"):
      guard semantics.contentLength == nil else { throw .malformed("more than one Content-Length") }
      guard let length = parseContentLength(lines.bytes[field.value]) else {
        throw .malformed("the Content-Length is not a number of bytes")
      }
      semantics.contentLength = length
    case 16 where lines.equals(field.name, "content-encoding"):
      if !lines.equals(field.value, "identity") {
        semantics.contentCoding = String(decoding: lines.bytes[field.value].prefix(64), as: UTF8.self)
      }
    case 17 where lines.equals(field.name, "transfer-encoding"):
      guard !semantics.hasTransferEncoding else { throw .malformed("more than one Transfer-Encoding") }
      semantics.hasTransferEncoding = true
      semantics.isChunked = lines.equals(field.value, "chunked")
    default:
      break
    }
  }

  private mutating func endFields() throws(ParseFailure) {
    if request.minorVersion > 0, semantics.hosts == 0 { throw .malformed("the Host is missing") }
    request.keepsAlive = !semantics.closes && (request.minorVersion > 0 || semantics.keepsAlive)
    state = .body
    if let coding = semantics.contentCoding, semantics.hasTransferEncoding || semantics.contentLength ?? 0 > 0 {
      throw ParseFailure(
        status: 415, detail: "the body has the Content-Encoding '\(coding)', and only plain bodies are read here")
    }
    if semantics.hasTransferEncoding {
      guard semantics.contentLength == nil else {
        throw .malformed("both Content-Length and Transfer-Encoding: where the body ends is uncertain")
      }
      guard request.minorVersion > 0 else { throw .malformed("HTTP/1.0 knows no Transfer-Encoding") }
      guard semantics.isChunked else {
        throw ParseFailure(status: 501, detail: "the only Transfer-Encoding understood here is chunked")
      }
      request.content.begin(.chunkSize)
    } else {
      let length = semantics.contentLength ?? 0
      guard length <= limits.bodyBytes else { throw MessageBody.tooLarge(limits) }
      request.content.begin(.length(length))
    }
  }
}
