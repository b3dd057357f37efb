import JSONReading

/// Values of JSON answers as text.
enum AnswerJSON {
  /// The value at a dotted path (`progressive.whole_run.loss`, `predictions.0.score`), as text without quotes.
  ///
  /// A number among the steps counts the elements of an array from 0; a backslash takes a dot literally.
  ///
  /// - Throws: exit code 1 where there is no such value or it is null, 64 where the path is none.
  static func pick(_ path: String, from answer: [UInt8]) throws(Failure) -> String {
    guard let steps = JSONPath(path)?.names else {
      throw Failure(.usage, "--get: '\(path)' is not a path such as progressive.whole_run.loss")
    }
    let reader = JSONReader(maximumBytes: 1 << 30)
    var value = try root(of: answer, reader)
    for (place, step) in steps.enumerated() {
      guard let next = member(step, of: value) else {
        let before = steps[..<place].joined(separator: ".")
        throw Failure(.negative, "the answer has no '\(step)'" + (before.isEmpty ? "" : " in '\(before)'"))
      }
      value = next
    }
    if value.isNull { throw Failure(.negative, "'\(path)' is null") }
    return withExtendedLifetime(reader) { value.string ?? text(of: value) }
  }

  /// Parses an answer of the daemon's.
  static func root(of answer: [UInt8], _ reader: JSONReader) throws(Failure) -> JSONValue {
    let result = answer.withUnsafeBytes { bytes in
      Result { () throws(JSONProblem) in try reader.parse(bytes) }
    }
    do {
      return try result.get()
    } catch {
      throw Failure(.internalError, "the daemon's answer is not JSON: \(error)")
    }
  }

  /// JSON on one line: numbers in their shortest form that reads back to the same bits.
  static func text(of value: JSONValue) -> String {
    switch value.kind {
    case .object:
      var members: [String] = []
      if let all = value.members {
        for member in all { members.append(quoted(member.key) + ":" + text(of: member.value)) }
      }
      return "{" + members.joined(separator: ",") + "}"
    case .array: return "[" + (value.elements.map { $0.map(text) } ?? []).joined(separator: ",") + "]"
    case .string: return quoted(value.string ?? "")
    case .integer: return value.int64.map(String.init) ?? "null"
    case .unsignedInteger: return value.uint64.map(String.init) ?? "null"
    case .double: return value.double.map { "\($0)" } ?? "null"
    case .bool: return value.bool == true ? "true" : "false"
    case .null: return "null"
    }
  }

  private static func member(_ step: String, of value: JSONValue) -> JSONValue? {
    if let elements = value.elements {
      guard let place = Int(step), place >= 0 else { return nil }
      return elements.dropFirst(place).first { _ in true }
    }
    return value.member(step)
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
