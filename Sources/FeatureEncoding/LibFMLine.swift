import Features
import JSONReading

extension FeatureEncoder {
  /// Decodes one libfm (libsvm) line, `label id:value id:value ...`, and appends its features.
  ///
  /// With categorical fields the first entry belongs to the first field and so on, a field's value being the id; with
  /// a single list field all entries belong to it. The x of a feature is the written value (scaled where the list is).
  /// Blanks are spaces and tabs; a `#` starts a comment; a line end (LF or CRLF) may follow.
  func decodeLine(
    _ line: UnsafeRawBufferPointer, into features: inout [Feature]
  ) throws(RejectedRecord) -> DecodedEvent {
    var tokens = LineTokens(line)
    guard let first = tokens.next() else { throw RejectedRecord(.empty, "the line holds no event") }
    guard let number = LineNumber.read(first) else {
      throw RejectedRecord(.badLine, field: schema.label.path, "'\(excerpt(first))' is no number to be a label")
    }
    guard number.isFinite else {
      throw RejectedRecord(.notFinite, field: schema.label.path, "the label '\(excerpt(first))' is not finite")
    }
    let label = try label(number)
    begin()
    try encodeEntries(&tokens)
    return DecodedEvent(label: label, keptFraction: keptOtherwise, features: try finish(into: &features))
  }

  private func encodeEntries(_ tokens: inout LineTokens) throws(RejectedRecord) {
    var scaling: ListScaling?
    if case .list(let listScaling) = fields[0].action { scaling = listScaling }
    var position = 0
    while let token = tokens.next() {
      let index = scaling == nil ? position : 0
      guard index < schema.features.count else {
        throw RejectedRecord(.badField, "the line has more entries than the schema has fields")
      }
      let (id, x) = try entry(token)
      let room = fields[index].input.room(for: NumberText.maximumLength)
      try add(hashText(room, NumberText.write(id, to: room), index), x, index)
      position += 1
    }
    if let scaling, position > 0 { endList(0, scaling, first: 0, length: position) }
    for index in schema.features.count..<fieldCount {
      if case .cross(let firstPart, let partCount) = fields[index].action {
        try encodeCross(index, firstPart, partCount)
      }
    }
  }

  private func entry(_ token: UnsafeRawBufferPointer) throws(RejectedRecord) -> (id: UInt64, x: Float) {
    guard let colon = token.firstIndex(of: UInt8(ascii: ":")),
      let id = LineNumber.readID(UnsafeRawBufferPointer(rebasing: token[..<colon]))
    else {
      if token.starts(with: Array("qid:".utf8)) {
        throw RejectedRecord(
          .badLine, "'\(excerpt(token))' groups lines of a ranking file, which is not read; remove the entry")
      }
      throw RejectedRecord(.badLine, "'\(excerpt(token))' is no entry id:value with a whole id of at most 64 bits")
    }
    guard let value = LineNumber.read(UnsafeRawBufferPointer(rebasing: token[(colon + 1)...])) else {
      if token[(colon + 1)...].contains(UInt8(ascii: ":")) {
        throw RejectedRecord(
          .badLine,
          "'\(excerpt(token))' is an entry field:id:value of libffm; entries here are id:value, one for each field of the "
            + "schema in its order")
      }
      throw RejectedRecord(.badLine, "the value of '\(excerpt(token))' is no number")
    }
    let x = Float(value)
    guard x.isFinite else { throw RejectedRecord(.notFinite, "the value of '\(excerpt(token))' is not finite") }
    return (id, x)
  }

  private func excerpt(_ token: UnsafeRawBufferPointer) -> String {
    String(decoding: token.prefix(40), as: UTF8.self)
  }
}

/// The tokens of a line between blanks, up to a comment.
struct LineTokens {
  private let line: UnsafeRawBufferPointer
  private var position = 0

  init(_ line: UnsafeRawBufferPointer) {
    self.line = line
  }

  /// The next token, nil at the end of the line or where a comment starts.
  mutating func next() -> UnsafeRawBufferPointer? {
    while position < line.count, LineTokens.isBlank(line[position]) { position += 1 }
    guard position < line.count, line[position] != UInt8(ascii: "#") else { return nil }
    let start = position
    while position < line.count, !LineTokens.isBlank(line[position]) { position += 1 }
    return UnsafeRawBufferPointer(rebasing: line[start..<position])
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
  }
}

/// The numbers of a line.
enum LineNumber {
  /// A whole number of digits alone; nil where it is none or beyond 64 bits.
  static func readID(_ text: UnsafeRawBufferPointer) -> UInt64? {
    guard !text.isEmpty else { return nil }
    var value: UInt64 = 0
    for byte in text {
      let digit = byte &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      let (product, overflowsProduct) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflowsSum) = product.addingReportingOverflow(UInt64(digit))
      guard !overflowsProduct, !overflowsSum else { return nil }
      value = sum
    }
    return value
  }

  /// A decimal number, an infinity or a NaN; nil where it is none of them.
  static func read(_ text: UnsafeRawBufferPointer) -> Double? {
    // Labels and values are small whole numbers nearly always.
    if let small = readSmall(text) { return small }
    guard text.count <= 64, !text.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }) else { return nil }
    return Double(String(decoding: text, as: UTF8.self))
  }

  private static func readSmall(_ text: UnsafeRawBufferPointer) -> Double? {
    var digits = text[...]
    let sign = digits.first
    if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { digits = digits.dropFirst() }
    guard !digits.isEmpty, digits.count <= 15 else { return nil }
    var value: Int64 = 0
    for byte in digits {
      let digit = byte &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      value = value &* 10 &+ Int64(digit)
    }
    return sign == UInt8(ascii: "-") ? -Double(value) : Double(value)
  }
}
