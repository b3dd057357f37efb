/// Request targets: origin form, absolute form, and what else RFC 9112 knows.
enum Target {
  /// Splits a target into path and query, the path decoded.
  static func parse(_ target: ArraySlice<UInt8>, method: ArraySlice<UInt8>, into request: inout Request)
    throws(ParseFailure)
  {
    request.path.removeAll(keepingCapacity: true)
    request.query.removeAll(keepingCapacity: true)
    guard !target.isEmpty, target.allSatisfy(Syntax.isTarget) else {
      throw .malformed("the request target is empty or holds a character that must be encoded")
    }
    if method.elementsEqual("CONNECT".utf8) {
      throw ParseFailure(status: 501, detail: "CONNECT: this server is no proxy")
    }
    var rest = target
    if rest.first != UInt8(ascii: "/") {
      if rest.elementsEqual("*".utf8), method.elementsEqual("OPTIONS".utf8) {
        request.path.append(UInt8(ascii: "*"))
        return
      }
      rest = try afterAuthority(target)
    }
    if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
      request.query.append(contentsOf: rest[(mark + 1)...])
      rest = rest[..<mark]
    }
    if rest.isEmpty { request.path.append(UInt8(ascii: "/")) }
    guard decode(rest, into: &request.path, plusIsBlank: false, keepsSlash: true) else {
      throw .malformed("the request target's percent-encoding is broken")
    }
  }

  /// The path and query of a target in absolute form.
  private static func afterAuthority(_ target: ArraySlice<UInt8>) throws(ParseFailure) -> ArraySlice<UInt8> {
    let scheme = "http://".utf8
    guard target.count > scheme.count, zip(target, scheme).allSatisfy({ Syntax.lowercased($0) == $1 }) else {
      throw .malformed("the request target is neither a path nor an http address")
    }
    let rest = target.dropFirst(scheme.count)
    let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
    guard end > rest.startIndex, rest[..<end].allSatisfy(Syntax.isAuthority) else {
      throw .malformed("the request target's host is not one")
    }
    return rest[end...]
  }

  /// Undoes percent-encoding; false where it is broken or hides a NUL. With `keepsSlash`, `%2F` stays as it is.
  static func decode(_ text: ArraySlice<UInt8>, into decoded: inout [UInt8], plusIsBlank: Bool, keepsSlash: Bool)
    -> Bool
  {
    var index = text.startIndex
    while index < text.endIndex {
      let byte = text[index]
      if byte == UInt8(ascii: "%") {
        guard index + 2 < text.endIndex, let high = Syntax.hexadecimal(text[index + 1]),
          let low = Syntax.hexadecimal(text[index + 2])
        else { return false }
        let value = high << 4 | low
        guard value != 0 else { return false }
        if keepsSlash, value == UInt8(ascii: "/") {
          decoded.append(contentsOf: text[index...index + 2])
        } else {
          decoded.append(value)
        }
        index += 3
      } else {
        decoded.append(plusIsBlank && byte == UInt8(ascii: "+") ? Syntax.space : byte)
        index += 1
      }
    }
    return true
  }
}
