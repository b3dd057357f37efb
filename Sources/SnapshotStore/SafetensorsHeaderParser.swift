/// Reads the JSON of a safetensors header, strictly, from a file nobody vouches for: only the shape that the format
/// knows is taken, every number is checked for overflow, and every name may occur once.
struct SafetensorsHeaderParser {
  /// What was wrong, and at which byte of the JSON.
  struct Problem: Error {
    var message: String
    var offset: Int
  }

  private let bytes: [UInt8]
  private var position = 0

  /// Parses a header's JSON, which spaces may follow.
  static func parse(_ bytes: [UInt8]) throws(Problem) -> (metadata: [String: String], places: [TensorPlace]) {
    var parser = SafetensorsHeaderParser(bytes: bytes)
    return try parser.header()
  }

  private init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  private mutating func header() throws(Problem) -> (metadata: [String: String], places: [TensorPlace]) {
    var metadata: [String: String] = [:]
    var places: [TensorPlace] = []
    var names: Set<String> = []
    try object { (parser, name) throws(Problem) in
      guard names.insert(name).inserted else { throw parser.problem("the name \"\(name)\" occurs twice") }
      if name == "__metadata__" {
        try parser.object { (parser, key) throws(Problem) in
          guard metadata.updateValue(try parser.string(), forKey: key) == nil else {
            throw parser.problem("the key \"\(key)\" occurs twice")
          }
        }
      } else {
        places.append(try parser.tensor(name))
      }
    }
    while position < bytes.count {
      guard bytes[position] == UInt8(ascii: " ") else { throw problem("something follows the header's object") }
      position += 1
    }
    return (metadata, places)
  }

  private mutating func tensor(_ name: String) throws(Problem) -> TensorPlace {
    var type: TensorType?
    var shape: [Int]?
    var offsets: [UInt64]?
    try object { (parser, key) throws(Problem) in
      switch key {
      case "dtype" where type == nil:
        let text = try parser.string()
        guard let known = TensorType(rawValue: text) else {
          throw parser.problem("the tensor \"\(name)\" has the unknown type \"\(text)\"")
        }
        type = known
      case "shape" where shape == nil:
        var extents: [Int] = []
        for number in try parser.numbers() {
          guard let extent = Int(exactly: number) else { throw parser.problem("an extent is too large") }
          extents.append(extent)
        }
        shape = extents
      case "data_offsets" where offsets == nil:
        offsets = try parser.numbers()
      default:
        throw parser.problem("the tensor \"\(name)\" has an unknown or repeated member \"\(key)\"")
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
      throw problem("the tensor \"\(name)\" lacks a type, a shape or two rising offsets")
    }
    return TensorPlace(
      name: name, type: type, shape: shape, offset: offsets[0], byteCount: offsets[1] - offsets[0])
  }

  private mutating func object(
    _ member: (inout SafetensorsHeaderParser, String) throws(Problem) -> Void
  ) throws(Problem) {
    try expect("{")
    if try peek() == UInt8(ascii: "}") { return position += 1 }
    while true {
      let name = try string()
      try expect(":")
      try member(&self, name)
      if try peek() == UInt8(ascii: ",") {
        position += 1
      } else {
        return try expect("}")
      }
    }
  }

  private mutating func numbers() throws(Problem) -> [UInt64] {
    var numbers: [UInt64] = []
    try expect("[")
    if try peek() == UInt8(ascii: "]") {
      position += 1
      return numbers
    }
    while true {
      numbers.append(try number())
      guard numbers.count <= 32 else { throw problem("too many numbers") }
      if try peek() == UInt8(ascii: ",") {
        position += 1
      } else {
        try expect("]")
        return numbers
      }
    }
  }

  private mutating func number() throws(Problem) -> UInt64 {
    _ = try peek()
    let start = position
    var value: UInt64 = 0
    while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit <= 9 {
      let (tenfold, first) = value.multipliedReportingOverflow(by: 10)
      let (sum, second) = tenfold.addingReportingOverflow(UInt64(digit))
      guard !first, !second else { throw problem("a number is too large") }
      value = sum
      position += 1
    }
    guard position > start, position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
      throw problem("expected a whole number")
    }
    return value
  }

  private mutating func string() throws(Problem) -> String {
    try expect("\"")
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else { throw problem("a string is not UTF-8") }
        return text
      case UInt8(ascii: "\\"): content.append(contentsOf: try escape())
      case 0..<0x20: throw problem("a control character in a string")
      default: content.append(byte)
      }
    }
    throw problem("a string does not end")
  }

  private mutating func escape() throws(Problem) -> [UInt8] {
    guard position < bytes.count else { throw problem("a string does not end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var units = [try codeUnit()]
      if UTF16.isLeadSurrogate(units[0]), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u")
      {
        position += 2
        units.append(try codeUnit())
      }
      guard let text = String(validating: units, as: UTF16.self) else { throw problem("half a surrogate pair") }
      return Array(text.utf8)
    default: throw problem("an unknown escape")
    }
  }

  private mutating func codeUnit() throws(Problem) -> UInt16 {
    guard position + 4 <= bytes.count,
      let digits = String(validating: bytes[position..<position + 4], as: UTF8.self),
      digits.allSatisfy(\.isHexDigit), let unit = UInt16(digits, radix: 16)
    else { throw problem("expected four hexadecimal digits") }
    position += 4
    return unit
  }

  /// The next byte that is not white space, not yet consumed.
  private mutating func peek() throws(Problem) -> UInt8 {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      position += 1
    }
    throw problem("the header ends early")
  }

  private mutating func expect(_ character: Character) throws(Problem) {
    guard try peek() == character.asciiValue else { throw problem("expected \(character)") }
    position += 1
  }

  private func problem(_ message: String) -> Problem {
    Problem(message: message, offset: position)
  }
}
