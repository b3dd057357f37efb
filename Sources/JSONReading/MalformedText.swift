/// Finds out, on the cold path, what is wrong with a text that simdjson refused: a number that is no finite 64-bit number,
/// a token that is none, a second value, a prefix that other formats have.
enum MalformedText {
  /// The problem of a text that breaks the grammar or holds a number simdjson does not take.
  static func diagnose(_ text: UnsafeRawBufferPointer) -> JSONProblem {
    if text.first == 0 {
      return JSONProblem(
        .malformed,
        "the text begins with a zero byte, as what a Schema Registry's serializers write does; plain JSON is read")
    }
    // A byte order mark was passed over.
    var position = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var depth = 0
    var isValueOver = false
    while position < text.count {
      let byte = text[position]
      if depth == 0, isValueOver, !isBlank(byte) {
        guard isPartOfBareToken(byte) || [UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "[")].contains(byte)
        else {
          return JSONProblem(.malformed, "the value is over at byte \(position), and something follows it")
        }
        return JSONProblem(.malformed, "a second value begins at byte \(position), where one alone is expected")
      }
      if byte == UInt8(ascii: "\"") {
        position = endOfString(text, from: position)
        isValueOver = depth == 0
      } else if isPartOfBareToken(byte) {
        let start = position
        while position < text.count, isPartOfBareToken(text[position]) { position += 1 }
        let token = String(decoding: text[start..<position].prefix(64), as: UTF8.self)
        if let problem = problem(of: token, offset: start, isWhole: position - start <= 64) { return problem }
        isValueOver = depth == 0
      } else {
        if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") { depth += 1 }
        if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
          depth -= 1
          isValueOver = depth == 0
        }
        position += 1
      }
    }
    return JSONProblem(.malformed, "the text is not JSON")
  }

  private static func problem(of token: String, offset: Int, isWhole: Bool) -> JSONProblem? {
    switch token {
    case "true", "false", "null": return nil
    case "NaN", "-NaN", "nan", "Infinity", "-Infinity", "inf", "-inf":
      return JSONProblem(.notFinite, "\(token) at byte \(offset) is not a finite number")
    default: break
    }
    guard isNumber(token, isWhole: isWhole) else {
      return JSONProblem(.malformed, "'\(token)' at byte \(offset) is not JSON")
    }
    let isInteger = token.utf8.allSatisfy { $0 == UInt8(ascii: "-") || isDigit($0) }
    if isInteger {
      guard Int64(token) == nil, UInt64(token) == nil else { return nil }
      return JSONProblem(.integerTooLarge, "the integer \(token) at byte \(offset) is beyond 64 bits")
    }
    guard let number = Double(token), !number.isFinite else { return nil }
    return JSONProblem(.notFinite, "\(token) at byte \(offset) is beyond the largest double")
  }

  /// JSON's grammar of numbers; of a token that was cut off only the beginning is looked at.
  private static func isNumber(_ token: String, isWhole: Bool) -> Bool {
    var rest = Substring(token).utf8
    func takeDigits() -> Int {
      let count = rest.prefix(while: isDigit).count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let startsWithZero = rest.first == UInt8(ascii: "0")
    let digits = takeDigits()
    guard digits > 0, !(startsWithZero && digits > 1) else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      if takeDigits() == 0 { return !isWhole && rest.isEmpty }
    }
    if let letter = rest.first, letter == UInt8(ascii: "e") || letter == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
      if takeDigits() == 0 { return !isWhole && rest.isEmpty }
    }
    return rest.isEmpty
  }

  private static func endOfString(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
    var position = start + 1
    while position < text.count {
      switch text[position] {
      case UInt8(ascii: "\""): return position + 1
      case UInt8(ascii: "\\"): position += 2
      default: position += 1
      }
    }
    return text.count
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private static func isPartOfBareToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: ","),
      UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"),
      UInt8(ascii: "\""):
      false
    default: true
    }
  }
}
