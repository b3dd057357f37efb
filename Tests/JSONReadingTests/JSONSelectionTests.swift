import Testing

@testable import JSONReading

@Suite struct JSONSelectionTests {
  private static let paths = [
    "a", "b", "label", "carrier", "list", "deep.a", "deep.list", "deep.deep.b", "deep.label.carrier",
    "a key of exactly thirty bytes\\.", "a key of more than thirty-two bytes in all", "deep.Zürich", "missing",
  ].compactMap { JSONPath($0) }

  /// What a document holds at all paths, or why it is refused.
  private enum Answer: Equatable {
    case values([String?])
    case noObject
    case refused(JSONProblem)
  }

  /// The answer by the documented rules: the document parsed whole, and every path walked on its own.
  private func expected(_ bytes: [UInt8], _ reader: JSONReader) -> Answer {
    bytes.withUnsafeBytes { raw in
      do throws(JSONProblem) {
        let root = try reader.parse(raw)
        guard root.kind == .object else { return .noObject }
        return .values(
          Self.paths.map { path in root.value(at: path).flatMap { $0.isNull ? nil : Self.text($0) } })
      } catch {
        return .refused(error)
      }
    }
  }

  private func found(_ bytes: [UInt8], _ reader: JSONReader, _ selection: JSONSelection) -> Answer {
    bytes.withUnsafeBytes { raw in
      do throws(JSONProblem) {
        guard try reader.select(selection, from: raw) else { return .noObject }
        return .values(Self.paths.indices.map { selection.value($0).map(Self.text) })
      } catch {
        return .refused(error)
      }
    }
  }

  /// The value with its kind: 8 and 8.0 have the same text; and the sign of a zero.
  private static func text(_ value: JSONValue) -> String {
    "\(value.kind) \(value.jsonText)\(value.double.map { $0.sign == .minus ? " minus" : "" } ?? "")"
  }

  @Test func whatIsSelectedIsWhatTheWholeDocumentHolds() {
    let (reader, whole) = (JSONReader(maximumDepth: 5), JSONReader(maximumDepth: 5))
    let selection = JSONSelection(paths: Self.paths)
    var documents = RandomDocument(seed: 17)
    for _ in 0..<3_000 {
      let bytes = Array(documents.object().utf8)
      let answer = found(bytes, reader, selection)
      #expect(answer == expected(bytes, whole), "\(String(decoding: bytes, as: UTF8.self))")
    }
  }

  @Test func damagedDocumentsAreRefusedAlike() {
    let (reader, whole) = (JSONReader(maximumBytes: 2_000), JSONReader(maximumBytes: 2_000))
    let selection = JSONSelection(paths: Self.paths)
    var documents = RandomDocument(seed: 19)
    var refused = 0
    for _ in 0..<8_000 {
      let bytes = documents.damaged(documents.object(depth: documents.below(4)))
      let answer = found(bytes, reader, selection)
      #expect(answer == expected(bytes, whole), "\(bytes)")
      if case .refused = answer { refused += 1 }
    }
    #expect(refused > 2_000 && refused < 7_800, "\(refused)")
  }

  @Test(arguments: [
    #"{"a":1,"a":2}"#, #"{"a":null,"a":2}"#, #"{"deep":{"a":1},"deep":{"b":2}}"#, #"{"deep":[{"a":1}]}"#, "[1]", "1",
    "",
    "{} ", "{}x", "{}\u{0}", #"{"a":[1,[2]]}"#, #"{"a":{}}"#, #"{"list":[]}"#, #"{"list":["",""]}"#, #"{"":""}"#,
    #"{"a":-0,"b":-0.0,"label":18446744073709551615}"#, #"{"a":9223372036854775808,"b":-9223372036854775808}"#,
    #"{"a":18446744073709551616}"#, #"{"nobody":18446744073709551616}"#, #"{"nobody":1e400}"#, #"{"a":1e-400}"#,
    #"{"a":0.1e1,"b":1E+2,"label":123456789.123456789}"#, #"{"a":01}"#, #"{"a":1.}"#, #"{"nobody":.5}"#, #"{"a":-}"#,
    #"{"nobody":tru}"#, #"{"nobody":truee}"#, #"{"a":"\ud800"}"#, #"{"nobody":"\udc00"}"#, #"{"nobody":"\q"}"#,
    "{\"nobody\":\"a\tb\"}", #"{"a" 1}"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"nobody":[1,]}"#, #"{"nobody":[1}}"#,
    #"{"nobody":{"a":[[[[[[1]]]]]]}}"#, #"{"a":"unclosed}"#, "\u{FEFF}{}", #"{"nobody":{"x":1,"x":{"y":[]}}}"#,
  ])
  func everyShapeIsTakenAlike(text: String) {
    let bytes = Array(text.utf8)
    for depth in [1, 2, 5, 32] {
      let (reader, whole) = (JSONReader(maximumDepth: depth), JSONReader(maximumDepth: depth))
      let selection = JSONSelection(paths: Self.paths)
      // The second time keys are expected.
      for _ in 0..<2 { #expect(found(bytes, reader, selection) == expected(bytes, whole), "\(text)") }
    }
  }

  @Test func manyKeysAreToldApart() {
    let (reader, whole) = (JSONReader(), JSONReader())
    let selection = JSONSelection(paths: Self.paths)
    var random = SplitMix(state: 23)
    for _ in 0..<300 {
      let members = (0..<60).map { _ in "\"k\(random.next() % 500)\":\(random.next() % 9)" }
      let bytes = Array(("{" + members.joined(separator: ",") + ",\"a\":1,\"deep\":{\"a\":2,\"k1\":3}}").utf8)
      #expect(found(bytes, reader, selection) == expected(bytes, whole))
    }
  }
}
