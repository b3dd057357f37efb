/// Writes JSON documents of all shapes, and damages some.
struct RandomDocument {
  static let keys = [
    "a", "b", "label", "carrier", "deep", "list", "", "a key of exactly thirty bytes.",
    "a key of more than thirty-two bytes in all",
    "Zürich", "nobody", "wants", "these",
  ]

  var random: SplitMix
  /// Whether values are such as most events have.
  private var isPlain = false

  init(seed: UInt64) {
    random = SplitMix(state: seed)
  }

  mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

  /// An object; one in a while of the same layout as the one before would be.
  mutating func object(depth: Int = 0) -> String {
    if depth == 0 { isPlain = below(2) == 0 }
    var members: [String] = []
    for key in Self.keys where below(3) > 0 { members.append("\"\(key)\"\(space()):\(space())\(value(depth: depth))") }
    if below(4) == 0 { members.shuffle(using: &random) }
    if below(4) == 0 { members.append("\"\(Self.keys[below(Self.keys.count)])\":\(value(depth: depth))") }
    if !isPlain, below(10) == 0 { members.append("\"\\u0061\":1") }
    return "{\(space())" + members.joined(separator: "\(space()),\(space())") + "\(space())}"
  }

  /// Any value.
  mutating func value(depth: Int) -> String {
    switch below(isPlain ? 8 : depth < 3 ? 14 : 10) {
    case 0...2: return string()
    case 3...6: return number()
    case 7: return ["true", "false", "null"][below(3)]
    case 8: return below(2) == 0 ? "{}" : "[ ]"
    case 9: return "[" + (0..<below(5)).map { _ in below(2) == 0 ? string() : number() }.joined(separator: ",") + "]"
    case 10: return "[" + (0..<below(4)).map { _ in value(depth: depth + 1) }.joined(separator: ", ") + "]"
    default: return object(depth: depth + 1)
    }
  }

  /// The bytes of a document with up to three of them changed.
  mutating func damaged(_ text: String) -> [UInt8] {
    var bytes = Array(text.utf8)
    for _ in 0...below(3) where !bytes.isEmpty {
      let position = below(bytes.count)
      switch below(5) {
      case 0: bytes[position] = UInt8(below(256))
      case 1: bytes.remove(at: position)
      case 2: bytes.insert(UInt8(below(128)), at: position)
      case 3: bytes.removeLast(below(bytes.count))
      default: bytes[position] = Array(#"{}[]":,\ 0e.-tn"#.utf8)[below(15)]
      }
    }
    return bytes
  }

  private mutating func space() -> String { ["", "", "", "", " ", "\n\t ", "\r"][below(7)] }

  private mutating func string() -> String {
    let pieces = [
      "x", "flight", "2013-01-01T05:15:00-05:00", "é", "日本", #"\n"#, #"\u00e9"#, #"\ud83d\ude00"#, #"\/"#, #"\\"#,
      "\u{7F}",
    ]
    let plain = below(3) > 0 ? 3 : pieces.count
    return "\"" + (0..<below(5)).map { _ in pieces[below(plain)] }.joined() + "\""
  }

  private mutating func number() -> String {
    let digits = (0..<(1 + below(!isPlain && below(4) == 0 ? 21 : 6))).map { _ in "\(below(10))" }.joined()
    let whole = digits.count > 1 && digits.hasPrefix("0") ? "1" + digits.dropFirst() : digits
    let sign = below(4) == 0 ? "-" : ""
    let fraction =
      below(2) == 0 ? "" : "." + (0..<(1 + below(below(4) == 0 ? 30 : 4))).map { _ in "\(below(10))" }.joined()
    let exponent =
      below(5) == 0 ? ["e", "E"][below(2)] + ["", "-", "+"][below(3)] + "\(below(below(3) == 0 ? 400 : 30))" : ""
    return sign + whole + fraction + exponent
  }
}
