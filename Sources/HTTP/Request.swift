/// A request's method.
public enum Method: Equatable, Sendable {
  /// The methods that this project's endpoints use.
  case get, head, post, delete
  /// Any other method; well formed, though.
  case other

  init(_ bytes: ArraySlice<UInt8>) {
    if bytes.elementsEqual("GET".utf8) {
      self = .get
    } else if bytes.elementsEqual("POST".utf8) {
      self = .post
    } else if bytes.elementsEqual("HEAD".utf8) {
      self = .head
    } else if bytes.elementsEqual("DELETE".utf8) {
      self = .delete
    } else {
      self = .other
    }
  }
}

/// A whole request, valid until the parser takes more bytes.
public struct Request {
  /// The method.
  public internal(set) var method = Method.get
  /// The path with its percent-encoding undone (an encoded slash stays encoded: it separates nothing).
  public internal(set) var path: [UInt8] = []
  /// The query without its question mark, as it was sent; empty where there is none.
  public internal(set) var query: [UInt8] = []
  /// Whether the connection stays open after the answer, as far as the client is concerned.
  public internal(set) var keepsAlive = true
  /// The minor version: 0 for HTTP/1.0, else 1.
  public internal(set) var minorVersion = 1
  /// The body; empty where there is none.
  public var body: [UInt8] { content.bytes }

  var lines = MessageHead()
  var content = MessageBody()

  /// Whether the path is the text.
  public func pathEquals(_ text: StaticString) -> Bool {
    path.count == text.utf8CodeUnitCount
      && path.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// The path's segments as text, for routes with parameters.
  public var pathSegments: [String] {
    path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// The value of the first header field of a name, which is given in lower case.
  public func header(_ name: StaticString) -> String? {
    lines.value(of: name)
  }

  /// The query's `name=value` pairs, decoded (`+` is a blank), in their order; nil where an encoding is broken.
  public var queryItems: [(name: String, value: String)]? {
    var items: [(name: String, value: String)] = []
    for part in query.split(separator: UInt8(ascii: "&")) {
      let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      var name: [UInt8] = []
      var value: [UInt8] = []
      guard Target.decode(halves[0], into: &name, plusIsBlank: true, keepsSlash: false) else { return nil }
      if halves.count > 1 {
        guard Target.decode(halves[1], into: &value, plusIsBlank: true, keepsSlash: false) else { return nil }
      }
      items.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
    }
    return items
  }
}
