import Features
import JSONReading
import Testing

@testable import FeatureEncoding

@Suite("An event with other values") struct ReplacementTests {
  private static let events = [
    ContextTests.context + #","item":"i1","tags":["x","y"],"price":3.5"#,
    ContextTests.context + #","item":"i2","tags":["y","z","w"],"price":12"#,
    #""user":"u2","time":"2014-05-01T23:59:59Z","item":"i3","weather":{"rain":7}"#,
    #""item":"i4","price":0"#, #""user":"u3","tags":[]"#, #""weather":{"rain":3}"#,
  ]

  private func encode(_ text: String, _ schema: Schema = ContextTests.schema) throws -> [Feature] {
    let encoder = try FeatureEncoder(schema)
    let reader = JSONReader()
    var features: [Feature] = []
    return try withExtendedLifetime(reader) {
      _ = try encoder.encode(try reader.parse("{\(text)}"), into: &features)
      return features
    }
  }

  /// The members of an event without those of the replaced fields, and with those of another.
  private func merged(_ event: String, with other: String, _ fields: [String]) -> String {
    func members(_ text: String) -> [(name: String, text: String)] {
      var depth = 0
      var parts: [String] = [""]
      for character in text {
        if "[{".contains(character) { depth += 1 }
        if "]}".contains(character) { depth -= 1 }
        if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
      }
      return parts.map { (String($0.dropFirst().prefix { $0 != "\"" }), $0) }
    }
    let kept = members(event).filter { !fields.contains($0.name) } + members(other).filter { fields.contains($0.name) }
    return kept.map(\.text).joined(separator: ",")
  }

  @Test("is bit for bit what encoding it gives", arguments: [["item"], ["item", "tags", "price"], ["user", "item"]])
  func asEncoded(fields: [String]) throws {
    let replacement = FeatureReplacement(ContextTests.schema, replacing: fields)
    for event in Self.events {
      for other in Self.events {
        var values: [Feature] = []
        try encode(other).withUnsafeBufferPointer { replacement.collect($0, into: &values) }
        var result = [Feature(hash: 1, value: 1, field: 60)]
        try encode(event).withUnsafeBufferPointer { replacement.replace(in: $0, by: values, into: &result) }
        #expect(Array(result.dropFirst()) == (try encode(merged(event, with: other, fields))), "\(event) by \(other)")
      }
    }
  }

  @Test("keeps the value that a libfm line gives a feature")
  func lines() throws {
    let schema = Schema(
      features: [FieldDefinition(name: "user"), FieldDefinition(name: "item"), FieldDefinition(name: "hour")],
      crosses: [CrossDefinition(fields: ["user", "item"])])
    let decoder = try EventDecoder(schema, format: .libfm)
    func features(_ line: String) throws -> [Feature] {
      var features: [Feature] = []
      _ = try decoder.decode(line, into: &features)
      return features
    }
    let replacement = FeatureReplacement(schema, replacing: ["item"])
    var values: [Feature] = []
    try features("1 7:1 9:0.5 3:1").withUnsafeBufferPointer { replacement.collect($0, into: &values) }
    var result: [Feature] = []
    try features("1 1:1 2:1 4:1").withUnsafeBufferPointer { replacement.replace(in: $0, by: values, into: &result) }
    #expect(result == (try features("1 1:1 9:0.5 4:1")))
  }
}
