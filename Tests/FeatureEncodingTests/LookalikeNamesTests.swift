import JSONReading
import Testing

@testable import FeatureEncoding

/// A composed letter and a decomposed one look the same and are other bytes: other JSON keys, other hashes.
@Suite struct LookalikeNamesTests {
  static let composed = "caf\u{e9}"
  static let decomposed = "cafe\u{301}"

  @Test func pathsThatOnlyLookAlikeLeadToTheirOwnValues() throws {
    #expect(Self.composed == Self.decomposed && JSONPath(Self.composed) != JSONPath(Self.decomposed))
    let schema = Schema(features: [
      FieldDefinition(name: "one", path: Self.composed), FieldDefinition(name: "two", path: Self.decomposed),
    ])
    let expected: [Expected] = [.categorical("one", "a"), .categorical("two", "b")]
    #expect(try encode("{\"\(Self.composed)\":\"a\",\"\(Self.decomposed)\":\"b\"}", schema) == expected)
    #expect(try encode("{\"\(Self.decomposed)\":\"b\",\"\(Self.composed)\":\"a\"}", schema) == expected)
    #expect(try encode("{\"\(Self.decomposed)\":\"b\"}", schema) == [.categorical("two", "b")])
    let deep = Schema(features: [
      FieldDefinition(name: "one", path: "\(Self.composed).x"),
      FieldDefinition(name: "two", path: "\(Self.decomposed).x"),
    ])
    let nested = "{\"\(Self.decomposed)\":{\"x\":\"b\"},\"\(Self.composed)\":{\"x\":\"a\"}}"
    #expect(try encode(nested, deep) == expected)
  }

  @Test func theLabelIsNotAFeatureThatOnlyLooksLikeIt() {
    let schema = Schema(
      label: LabelDefinition(path: Self.composed), features: [FieldDefinition(name: "f", path: Self.decomposed)])
    #expect(schema.validate() == [])
  }

  @Test func namesThatOnlyLookAlikeAreRefusedWithTheReason() {
    let schema = Schema(features: [
      FieldDefinition(name: Self.composed), FieldDefinition(name: Self.decomposed, path: "other"),
    ])
    let problems = schema.validate()
    #expect(problems.count == 1 && problems.first?.detail.contains("letters that look the same") == true)
  }

  @Test func anAccentAfterADotIsTheNextKeys() {
    #expect(JSONPath("a.\u{301}b")?.names.map { Array($0.utf8) } == [Array("a".utf8), Array("\u{301}b".utf8)])
    #expect(JSONPath("a\\.\u{301}b")?.names.count == 1)
    #expect(JSONPath("a\\.\u{301}b")?.description == "a\\.\u{301}b")
  }

  @Test func aFieldOfOtherBytesIsAnotherField() {
    func schema(_ name: String, _ kind: FieldKind) -> Schema {
      Schema(features: [FieldDefinition(name: name, kind: kind)])
    }
    let list = FieldKind.list(scaling: .squareRoot, pairs: true)
    #expect(schema(Self.composed, list).differences(from: schema(Self.decomposed, .categorical)).isEmpty)
    #expect(!schema(Self.composed, list).differences(from: schema(Self.composed, .categorical)).isEmpty)
  }
}
