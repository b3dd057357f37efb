/// How much a message may be.
public struct Limits: Equatable, Sendable {
  /// Bytes of the request line (or status line) and the header fields together, and again of a body's trailers.
  public var headBytes: Int
  /// Header fields.
  public var headerCount: Int
  /// Bytes of the body, after chunked coding is undone.
  public var bodyBytes: Int

  /// Makes limits.
  public init(headBytes: Int = 32 << 10, headerCount: Int = 100, bodyBytes: Int = 1 << 20) {
    self.headBytes = headBytes
    self.headerCount = headerCount
    self.bodyBytes = bodyBytes
  }
}

/// Why a message was refused. After it nothing on the connection can be trusted: answer with `status` and close.
public struct ParseFailure: Error, Equatable, Sendable {
  /// The status code to answer with.
  public var status: Int
  /// What was wrong.
  public var detail: String

  /// Makes a failure.
  public init(status: Int, detail: String) {
    self.status = status
    self.detail = detail
  }

  static func malformed(_ detail: String) -> ParseFailure {
    ParseFailure(status: 400, detail: detail)
  }
}
