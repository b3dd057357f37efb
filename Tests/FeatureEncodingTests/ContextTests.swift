import Features
import JSONReading
import Testing

@testable import FeatureEncoding

@Suite("A context and its candidates") struct ContextTests {
  /// Every kind of field, and crosses of every distribution over context and candidate.
  static let schema = Schema(
    features: [
      FieldDefinition(name: "user"), FieldDefinition(name: "day", path: "time", kind: .time(part: .dayOfWeek)),
      FieldDefinition(name: "hour", path: "time", kind: .time(part: .hour)),
      FieldDefinition(name: "seen", kind: .list(pairs: false)), FieldDefinition(name: "wind", path: "weather.wind"),
      FieldDefinition(name: "item"), FieldDefinition(name: "tags", kind: .list()),
      FieldDefinition(name: "price", kind: .numeric(transform: .log1p)),
      FieldDefinition(name: "rain", path: "weather.rain", kind: .numeric(transform: .bucketWidth(2))),
    ],
    crosses: [
      CrossDefinition(fields: ["user", "hour"]), CrossDefinition(fields: ["user", "item"]),
      CrossDefinition(fields: ["item", "rain"]), CrossDefinition(fields: ["day", "rain", "user"]),
    ])

  static let context =
    #""user":"u1","time":"2013-01-01T05:15:00-05:00","seen":["a","b","a"],"weather":{"wind":"n"},"note":1"#

  /// Encodes candidates beside a context, with other events between them.
  private func encode(
    _ context: String, _ candidates: [String], _ schema: Schema = schema
  ) throws -> (context: [Feature], candidates: [[Feature]]) {
    let encoder = try FeatureEncoder(schema)
    let reader = JSONReader()
    var encoded = EncodedContext()
    var features: [Feature] = []
    return try withExtendedLifetime(reader) {
      let range = try encoder.encode(context: try reader.parse("{\(context)}"), as: &encoded, into: &features)
      let first = Array(features[range])
      let others = try candidates.map { candidate in
        _ = try? encoder.encode(
          try reader.parse(#"{"user":"x","time":"2014-02-05T11:00:00Z","item":3,"weather":{"rain":9}}"#),
          into: &features)
        let value = try reader.parse("{\(candidate)}")
        return Array(features[try encoder.encode(candidate: value, beside: encoded, into: &features)])
      }
      return (first, others)
    }
  }

  private func whole(_ text: String, _ schema: Schema = schema) throws -> Set<Feature> {
    let encoder = try FeatureEncoder(schema)
    let reader = JSONReader()
    var features: [Feature] = []
    return try withExtendedLifetime(reader) {
      _ = try encoder.encode(try reader.parse("{\(text)}"), into: &features)
      return Set(features)
    }
  }

  @Test("give the features of one instance, a cross with the candidate where any part is")
  func union() throws {
    let candidates = [
      #""item":7,"tags":["x","y"],"price":9.5"#, #""weather":3,"item":"7""#, "", #""user":null,"price":0"#,
      #""note":2,"label":1,"tags":"x""#,
    ]
    let (context, encoded) = try encode(Self.context, candidates)
    #expect(context.count == 7)
    for (candidate, features) in zip(candidates, encoded) {
      let all = try whole(candidate.isEmpty ? Self.context : Self.context + "," + candidate)
      #expect(Set(context + features) == all, "\(candidate)")
      #expect(context.count + features.count == all.count, "\(candidate)")
    }
    #expect(encoded[0].count == 5 && encoded[2].isEmpty)
    // The paths of nested objects may stand in both, each with its own fields.
    let (windy, rainy) = try encode(#""user":"u1","weather":{"wind":"n"}"#, [#""weather":{"rain":3},"item":1"#])
    #expect(
      Set(windy + rainy[0]) == (try whole(#""user":"u1","weather":{"wind":"n","rain":3},"item":1"#)))
  }

  @Test("leave what is kept of the event before as it is")
  func between() throws {
    let encoder = try FeatureEncoder(Self.schema)
    let reader = JSONReader()
    try withExtendedLifetime(reader) {
      var encoded = EncodedContext()
      var features: [Feature] = []
      _ = try encoder.encode(context: try reader.parse("{\(Self.context)}"), as: &encoded, into: &features)
      let other = #""user":"x","time":"2014-02-05T11:00:00Z""#
      for _ in 0..<2 {
        let range = try encoder.encode(try reader.parse("{\(other)}"), into: &features)
        #expect(Set(features[range]) == (try whole(other)))
        _ = try encoder.encode(candidate: try reader.parse(#"{"item":1}"#), beside: encoded, into: &features)
      }
    }
  }

  @Test(
    "have no field in common",
    arguments: [
      (#""item":1,"user":"u2""#, "user"), (#""time":"2013-01-01T05:15:00Z""#, "time"), (#""time":7"#, "time"),
      (#""weather":{"wind":1}"#, "weather.wind"), (#""seen":[]"#, "seen"),
    ])
  func conflict(candidate: String, field: String) throws {
    #expect {
      try encode(Self.context, [candidate])
    } throws: { error in
      let rejected = error as? RejectedRecord
      return rejected?.field == field && rejected?.detail.contains("context") == true
    }
  }

  @Test("are within the limits together")
  func limits() throws {
    var schema = Self.schema
    schema.crosses = []
    schema.limits.maximumFeatures = 5
    #expect(try encode(#""user":1,"seen":[1,2]"#, [#""item":1,"tags":"a""#], schema).candidates[0].count == 2)
    #expect(throws: RejectedRecord.self) { try encode(#""user":1,"seen":[1,2]"#, [#""item":1,"tags":[1,2]"#], schema) }
    // Five features have ten pairs; the one within `seen` is not formed.
    schema.limits.maximumPairs = 9
    #expect(try encode(#""user":1,"seen":[1,2]"#, [#""item":1,"tags":"a""#], schema).candidates[0].count == 2)
    schema.limits.maximumPairs = 8
    #expect(throws: RejectedRecord.self) { try encode(#""user":1,"seen":[1,2]"#, [#""item":1,"tags":"a""#], schema) }
  }
}
