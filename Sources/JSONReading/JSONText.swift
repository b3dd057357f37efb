extension JSONValue {
  /// Appends the value as JSON without white space: strings with only the escapes JSON demands, numbers in the form of
  /// `NumberText`. Reading it again gives an equal value.
  public func appendJSON(to output: inout [UInt8]) {
    switch tag {
    case Tag.object:
      var isFirst = true
      output.append(UInt8(ascii: "{"))
      for member in JSONMembers(tape: tape, strings: strings, index: index &+ 1) {
        if !isFirst { output.append(UInt8(ascii: ",")) }
        isFirst = false
        JSONValue.appendString(member.keyBytes, to: &output)
        output.append(UInt8(ascii: ":"))
        member.value.appendJSON(to: &output)
      }
      output.append(UInt8(ascii: "}"))
    case Tag.array:
      var isFirst = true
      output.append(UInt8(ascii: "["))
      for element in JSONElements(tape: tape, strings: strings, index: index &+ 1) {
        if !isFirst { output.append(UInt8(ascii: ",")) }
        isFirst = false
        element.appendJSON(to: &output)
      }
      output.append(UInt8(ascii: "]"))
    case Tag.string: JSONValue.appendString(bytesOfString, to: &output)
    case Tag.integer, Tag.unsignedInteger, Tag.double: appendNumber(to: &output)
    case Tag.yes: output.append(contentsOf: "true".utf8)
    case Tag.no: output.append(contentsOf: "false".utf8)
    default: output.append(contentsOf: "null".utf8)
    }
  }

  /// The value as JSON without white space, as `appendJSON(to:)` writes it.
  public var jsonText: String {
    var output: [UInt8] = []
    appendJSON(to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  /// Writes the canonical text of a number, nothing for any other value.
  ///
  /// - Precondition: `out` has room for `NumberText.maximumLength` bytes.
  /// - Returns: the number of bytes written.
  public func writeNumber(to out: UnsafeMutablePointer<UInt8>) -> Int {
    switch tag {
    case Tag.integer: NumberText.write(Int64(bitPattern: tape[index &+ 1]), to: out)
    case Tag.unsignedInteger: NumberText.write(tape[index &+ 1], to: out)
    case Tag.double: NumberText.write(Double(bitPattern: tape[index &+ 1]), to: out)
    default: 0
    }
  }

  /// Appends bytes of valid UTF-8 as a JSON string with its quotes.
  public static func appendString(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        output.append(UInt8(ascii: "\\"))
        output.append(byte)
      case 0..<0x20:
        output.append(contentsOf: "\\u00".utf8)
        output.append(hexDigit(byte &>> 4))
        output.append(hexDigit(byte & 0xF))
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &+ value &- 10
  }

  private func appendNumber(to output: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: NumberText.maximumLength) { bytes in
      guard let start = bytes.baseAddress else { return }
      output.append(contentsOf: bytes.prefix(writeNumber(to: start)))
    }
  }
}
