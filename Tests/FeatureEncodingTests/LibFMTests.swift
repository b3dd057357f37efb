import Features
import Foundation
import JSONReading
import TestSupport
import Testing

@testable import FeatureEncoding

@Suite struct LibFMTests {
  private let reader = JSONReader()
  private static let positions = Schema(
    features: [FieldDefinition(name: "user"), FieldDefinition(name: "item"), FieldDefinition(name: "2")],
    crosses: [CrossDefinition(fields: ["user", "item"])])
  private static let single = Schema(features: [FieldDefinition(name: "id", kind: .list(scaling: .none))])

  private func decode(_ line: String, _ schema: Schema) throws -> (DecodedEvent, [Expected]) {
    var features: [Feature] = []
    let event = try EventDecoder(schema, format: .libfm).decode(line, into: &features)
    return (event, features.map(\.expected))
  }

  @Test(arguments: [
    "1 294:1 2686:0.5", "1\t294:1   2686:5e-1 \r\n", "+1 294:1 2686:.5 # a comment 5:x", "1.0 0294:1 2686:+0.5",
  ])
  func eachPositionIsAField(line: String) throws {
    let (event, features) = try decode(line, Self.positions)
    let user = Expected.categorical("user", "294")
    let item = Expected.categorical("item", "2686", 0.5)
    let cross = Expected(hash: FeatureHash.cross(field: "user*item", parts: [user.hash, item.hash], seed: 0), value: 1)
    #expect(event == DecodedEvent(label: 1, features: 0..<3))
    #expect(features == [user, item, cross])
  }

  @Test func aSingleListTakesAllEntries() throws {
    let (event, features) = try decode("-1 5:1 7:2 5:0.25\r", Self.single)
    #expect(event.label == 0)
    #expect(features == [.categorical("id", "5", 1.25), .categorical("id", "7", 2)])
    let (empty, none) = try decode("0", Self.single)
    #expect(empty.features.isEmpty && none.isEmpty)
  }

  @Test func aLineAndAnInstanceOfTheSameFieldsAreEncodedAlike() throws {
    let decoder = try EventDecoder(Self.positions, format: .libfm)
    var features: [Feature] = []
    let line = try decoder.decode("1 294:1 2686:1 5039:1", into: &features).features
    let instance = try decoder.encode(
      try reader.parse(#"{"user":294,"item":"2686","2":5039}"#), into: &features)
    #expect(Array(features[line]) == Array(features[instance]))
  }

  @Test(arguments: [
    ("", RejectionReason.empty), ("# only a comment", .empty), (" \t\r\n", .empty), ("x 1:1", .badLine),
    ("1 2", .badLine), ("1 a:1", .badLine), ("1 -5:1", .badLine), ("1 5:", .badLine), ("1 :1", .badLine),
    ("1 5:x", .badLine), ("1 5:0x10", .badLine), ("1 99999999999999999999:1", .badLine), ("1 5:1:1", .badLine),
    ("nan 1:1", .notFinite), ("1 5:inf", .notFinite), ("1 5:1e400", .notFinite), ("1 5:1e39", .notFinite),
    ("2 5:1", .badLabel), ("1 5:1e7", .valueTooLarge), ("1 1:1 2:1 3:1 4:1", .badField), ("\u{0} 1:1", .badLine),
  ])
  func damagedLinesAreRejected(line: String, reason: RejectionReason) throws {
    #expect(try rejection(line, Self.positions, format: .libfm)?.reason == reason, "\(line)")
  }

  @Test func formsOfOthersAreNamed() throws {
    let triples = try rejection("1 0:3:1 1:7:0.5", Self.positions, format: .libfm)
    #expect(triples?.reason == .badLine && triples?.detail.contains("field:id:value of libffm") == true)
    let groups = try rejection("0 qid:11 1:0.04", Self.positions, format: .libfm)
    #expect(groups?.reason == .badLine && groups?.detail.contains("ranking file") == true)
  }

  @Test func aByteOrderMarkIsPassedOver() throws {
    #expect(try rejection("\u{FEFF}1 5:1", Self.positions, format: .libfm) == nil)
    #expect(try rejection("\u{FEFF}", Self.positions, format: .libfm)?.reason == .empty)
  }

  @Test func manyEntriesAreRejected() throws {
    let line = "1 " + (0..<65).map { "\($0):1" }.joined(separator: " ")
    #expect(try rejection(line, Self.single, format: .libfm)?.reason == .tooManyFeatures)
  }

  @Test func fieldsOfLinesAreCategorical() {
    let schema = Schema(features: [FieldDefinition(name: "a"), FieldDefinition(name: "n", kind: .numeric())])
    #expect(schema.validate().isEmpty)
    #expect(schema.validate(for: .json).isEmpty)
    #expect(schema.validate(for: .libfm).map(\.place) == ["features[1]"])
    #expect(throws: InvalidSchema.self) { try EventDecoder(schema, format: .libfm) }
  }

  @Test func anyBytesAreDecodedOrRejected() throws {
    let decoder = try EventDecoder(Self.single, format: .libfm)
    var random = SplitMix(state: 5)
    let alphabet = Array("0123456789:.-+e# \t\rinfa".utf8) + [0xFF, 0]
    for _ in 0..<20_000 {
      let record = (0..<(random.next() % 30)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
      _ = rejection(record, decoder)
    }
  }

  @Test(.enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"))
  func everyLineOfFrappeIsDecoded() throws {
    let shared = try #require(Environment.shared)
    let names = ["user", "item", "daytime", "weekday", "isweekend", "homework", "cost", "weather", "country", "city"]
    let decoder = try EventDecoder(Schema(features: names.map { FieldDefinition(name: $0) }), format: .libfm)
    // The validation file has CRLF line ends.
    let lines = try SharedData.lines(of: shared.appendingPathComponent("data/frappe.validation.libfm.xz"))
    #expect(lines.count == 57_722)
    #expect(lines[0].last == UInt8(ascii: "\r"))
    var features: [Feature] = []
    for line in lines {
      features.removeAll(keepingCapacity: true)
      let event = try line.withUnsafeBytes { try decoder.decode($0, into: &features) }
      #expect(event.features == 0..<10)
    }
  }
}
