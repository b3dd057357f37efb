import Testing

@testable import JSONReading

@Suite struct JSONProblemTests {
  @Test func aByteOrderMarkIsPassedOver() throws {
    let reader = JSONReader()
    #expect(try reader.parse("\u{FEFF}{\"a\":1}").kind == .object)
    let problem = #expect(throws: JSONProblem.self) { try reader.parse("\u{FEFF}[1,2") }
    #expect(problem?.description == "the text is not JSON")
    #expect(#expect(throws: JSONProblem.self) { try reader.parse("\u{FEFF}") }?.kind == .empty)
  }

  @Test(arguments: [
    ("{\"a\":1}\n{\"a\":2}", "a second value begins at byte 8"), ("[1] 2", "a second value begins at byte 4"),
    ("\"a\"\"b\"", "a second value begins at byte 3"), ("\0\0\0\0\u{11}{\"a\":1}", "a Schema Registry's serializers"),
    ("{\"a\":1},", "the value is over at byte 7"), ("{}}", "the value is over at byte 2"),
    ("{\"a\":[1,2]", "the text is not JSON"), ("]] {}", "the text is not JSON"),
  ]) func whatIsCommonIsNamed(text: String, words: String) {
    let problem = #expect(throws: JSONProblem.self) { try JSONReader().parse(text) }
    #expect(problem?.kind == .malformed && problem?.description.contains(words) == true)
  }

  private func kind(_ bytes: [UInt8], _ reader: JSONReader = JSONReader()) -> JSONProblem.Kind? {
    bytes.withUnsafeBytes { raw in
      do throws(JSONProblem) {
        _ = try reader.parse(raw)
        return nil
      } catch {
        return error.kind
      }
    }
  }

  @Test(arguments: [
    ("", JSONProblem.Kind.empty), ("  \n", .empty), ("{", .malformed), (#"{"a":1"#, .malformed), ("[1,]", .malformed),
    (#"{"a" 1}"#, .malformed), ("nul", .malformed), ("tru", .malformed), ("1 2", .malformed), ("{}x", .malformed),
    (#""abc"#, .malformed), (#""\q""#, .malformed), (#""\ud800""#, .malformed), ("\"a\nb\"", .malformed),
    ("01", .malformed), ("1.", .malformed), (".5", .malformed), ("+1", .malformed), ("1e", .malformed),
    ("0x10", .malformed), ("[NaN]", .notFinite), ("-Infinity", .notFinite), (#"{"a":1e400}"#, .notFinite),
    ("[-1.5e999]", .notFinite), ("18446744073709551616", .integerTooLarge),
    ("-9223372036854775809", .integerTooLarge), ("[1e400,01]", .notFinite),
    (#"{"NaN":1e400}"#, .notFinite), (#"{"1e400":01}"#, .malformed), ("'a'", .malformed),
  ])
  func everyProblemHasItsKind(text: String, expected: JSONProblem.Kind) {
    #expect(kind(Array(text.utf8)) == expected, "\(text)")
  }

  @Test(
    arguments: [[0xFF], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC0, 0xAF, 0x22]] as [[UInt8]])
  func invalidUTF8IsNamed(bytes: [UInt8]) {
    #expect(kind(bytes) == .invalidUTF8)
  }

  @Test func depthIsLimited() {
    let reader = JSONReader(maximumDepth: 4)
    for depth in 1...4 {
      let text = String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
      #expect(kind(Array(text.utf8), reader) == nil, "\(depth)")
      #expect(
        kind(
          Array((String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)).utf8), reader)
          == nil)
    }
    for depth in [5, 100, 100_000] {
      let text = String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
      #expect(kind(Array(text.utf8), reader) == .tooDeep, "\(depth)")
    }
  }

  @Test func sizeIsLimited() {
    let reader = JSONReader(maximumBytes: 100)
    #expect(kind(Array(("\"" + String(repeating: "a", count: 98) + "\"").utf8), reader) == nil)
    #expect(kind(Array(("\"" + String(repeating: "a", count: 99) + "\"").utf8), reader) == .tooLarge)
  }

  @Test func aTextIsNeverReadBeyondItsEnd() {
    // The byte behind the text would complete it.
    let bytes = Array("[1]".utf8)
    for count in 0..<3 {
      let problem = bytes.withUnsafeBytes { raw in
        kind(Array(raw.prefix(count)))
      }
      #expect(problem == (count == 0 ? .empty : .malformed))
    }
  }

  @Test func anyBytesGiveAValueOrAProblem() {
    var random = SplitMix(state: 1)
    let reader = JSONReader(maximumBytes: 4_096, maximumDepth: 8)
    let again = JSONReader(maximumDepth: 8)
    let alphabet = Array(#"{}[]:,"\0123456789.eE+-truefalsnd \#u{FF}é"#.utf8) + [0xFF, 0x00, 0x80]
    for _ in 0..<20_000 {
      let length = Int(random.next() % 60)
      let bytes = (0..<length).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
      bytes.withUnsafeBytes { raw in
        guard let value = try? reader.parse(raw) else { return }
        let text = value.jsonText
        #expect((try? again.parse(text).jsonText) == text)
      }
    }
  }
}

struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
