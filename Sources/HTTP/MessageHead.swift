/// The lines of a head (a start line and header fields), put together from pieces in whatever way they arrive.
///
/// Lines end with CR LF and nothing else. Bytes are kept once, in one buffer that is reused for the next message, and
/// fields are ranges of it, so a message as large as those before allocates nothing.
struct MessageHead {
  /// A field as ranges of `bytes`.
  struct Field {
    var name: Range<Int>
    var value: Range<Int>
  }

  private(set) var bytes: [UInt8] = []
  private(set) var fields: [Field] = []
  private var lineStart = 0

  mutating func reset() {
    bytes.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
    lineStart = 0
  }

  /// Whether a byte of the present line was seen.
  var isInsideLine: Bool { bytes.count > lineStart }

  /// Takes bytes up to the end of a line.
  ///
  /// - Returns: how many bytes were taken, and the line without its CR LF as a range of `bytes` where it is complete.
  mutating func takeLine(
    _ input: Slice<UnsafeBufferPointer<UInt8>>, limit: Int, overLimit: @autoclosure () -> ParseFailure
  ) throws(ParseFailure) -> (taken: Int, line: Range<Int>?) {
    let end = input.firstIndex(of: Syntax.lineFeed)
    let taken = (end.map { $0 + 1 } ?? input.endIndex) - input.startIndex
    guard bytes.count + taken <= limit else { throw overLimit() }
    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: input.prefix(taken)))
    guard end != nil else { return (taken, nil) }
    let lineEnd = bytes.count - 2
    guard lineEnd >= lineStart, bytes[lineEnd] == Syntax.carriageReturn else {
      throw .malformed("a line ends with LF alone; lines end with CR LF")
    }
    let line = lineStart..<lineEnd
    lineStart = bytes.count
    return (taken, line)
  }

  /// Reads a line as a header field and remembers it.
  mutating func addField(_ line: Range<Int>, maximum: Int) throws(ParseFailure) -> Field {
    guard fields.count < maximum else {
      throw ParseFailure(status: 431, detail: "more than \(maximum) header fields")
    }
    let parsed = bytes.withUnsafeBufferPointer { bytes in
      Result { () throws(ParseFailure) in try Self.field(bytes, line) }
    }
    let field = try parsed.get()
    fields.append(field)
    return field
  }

  private static func field(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) throws(ParseFailure) -> Field {
    let first = bytes[line.lowerBound]
    if first == Syntax.space || first == Syntax.tab {
      throw .malformed("a header field is folded over two lines")
    }
    var index = line.lowerBound
    while index < line.upperBound, Syntax.isToken(bytes[index]) { index += 1 }
    guard index > line.lowerBound, index < line.upperBound, bytes[index] == Syntax.colon else {
      throw .malformed("a header field is not a name followed directly by a colon")
    }
    let name = line.lowerBound..<index
    var start = index + 1
    var end = line.upperBound
    for position in start..<end where !Syntax.isFieldValue(bytes[position]) {
      throw .malformed("a header field's value holds a control character")
    }
    while start < end, bytes[start] == Syntax.space || bytes[start] == Syntax.tab { start += 1 }
    while end > start, bytes[end - 1] == Syntax.space || bytes[end - 1] == Syntax.tab { end -= 1 }
    return Field(name: name, value: start..<end)
  }

  /// Whether some range is the text, letter case aside; `text` is in lower case.
  func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
    bytes.withUnsafeBufferPointer { Syntax.equals($0[range], text) }
  }

  /// Whether a comma-separated value holds the word, letter case aside; `word` is in lower case.
  func lists(_ range: Range<Int>, _ word: StaticString) -> Bool {
    var start = range.lowerBound
    while start < range.upperBound {
      let end = bytes[start..<range.upperBound].firstIndex(of: UInt8(ascii: ",")) ?? range.upperBound
      var first = start
      var last = end
      while first < last, bytes[first] == Syntax.space || bytes[first] == Syntax.tab { first += 1 }
      while last > first, bytes[last - 1] == Syntax.space || bytes[last - 1] == Syntax.tab { last -= 1 }
      if equals(first..<last, word) { return true }
      start = end + 1
    }
    return false
  }

  /// A range as text.
  func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  /// The value of the first field of a name; `name` is in lower case.
  func value(of name: StaticString) -> String? {
    fields.first { equals($0.name, name) }.map { text($0.value) }
  }
}

/// A length in decimal digits and nothing else; nil where it is anything else or does not fit.
func parseContentLength(_ digits: ArraySlice<UInt8>) -> Int? {
  guard !digits.isEmpty else { return nil }
  var length = 0
  for byte in digits {
    guard Syntax.isDigit(byte) else { return nil }
    let (product, overflow) = length.multipliedReportingOverflow(by: 10)
    let (sum, carry) = product.addingReportingOverflow(Int(byte - 0x30))
    guard !overflow, !carry else { return nil }
    length = sum
  }
  return length
}
