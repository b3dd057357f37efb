import Features
import JSONReading
import Testing

@testable import FeatureEncoding

@Suite struct FieldEncodingTests {
  private let reader = JSONReader()

  @Test(arguments: [
    ("8", "8"), ("8.0", "8"), (#""8""#, "8"), ("0.8e1", "8"), ("-0.0", "0"), ("-3", "-3"), (#""8.0""#, "8.0"),
    ("12.658579999999999", "12.658579999999999"), ("1e-7", "1e-07"), ("18446744073709551615", "18446744073709551615"),
    ("9007199254740993", "9007199254740993"), ("true", "true"), ("false", "false"), (#""true""#, "true"),
    (#""""#, ""), (#""Z\u00fcrich""#, "Zürich"), (#""a\u0000b""#, "a\u{0}b"), (#"" x ""#, " x "),
  ])
  func aCategoricalValueHasOneCanonicalText(written: String, text: String) throws {
    #expect(try encode(#"{"f":\#(written)}"#, FieldDefinition(name: "f")) == [.categorical("f", text)])
  }

  @Test func aLongTextIsHashedWhole() throws {
    let text = String(repeating: "lang", count: 5_000)
    #expect(try encode(#"{"f":"\#(text)"}"#, FieldDefinition(name: "f")) == [.categorical("f", text)])
  }

  @Test(arguments: [#"{}"#, #"{"f":null}"#, #"{"g":1}"#])
  func aMissingOrNullFieldIsAbsent(event: String) throws {
    for kind: FieldKind in [.categorical, .list(), .numeric(), .time(part: .hour)] {
      #expect(try encode(event, FieldDefinition(name: "f", kind: kind)).isEmpty)
    }
  }

  @Test func pathsReachNestedObjects() throws {
    let fields = [
      FieldDefinition(name: "x", path: "a.b"), FieldDefinition(name: "y", path: "a.c.d"),
      FieldDefinition(name: "z", path: "a"), FieldDefinition(name: "w", path: #"a\.b"#),
    ]
    #expect(
      try encode(
        #"{"a":{"c":{"d":2,"b":9},"b":1},"a.b":3,"b":4}"#, Schema(features: [fields[0], fields[1], fields[3]]))
        == [.categorical("x", "1"), .categorical("y", "2"), .categorical("w", "3")])
    #expect(try encode(#"{"a":5}"#, Schema(features: fields)) == [.categorical("z", "5")])
  }

  @Test func theFirstOfRepeatedKeysCounts() throws {
    #expect(try encode(#"{"f":1,"f":2}"#, FieldDefinition(name: "f")) == [.categorical("f", "1")])
    #expect(try encode(#"{"a":{"g":1},"a":{"f":2}}"#, FieldDefinition(name: "f", path: "a.f")).isEmpty)
    #expect(try encode(#"{"f":null,"f":2}"#, FieldDefinition(name: "f")).isEmpty)
  }

  @Test func listsAreScaledByTheirLength() throws {
    func list(_ event: String, _ scaling: ListScaling) throws -> [Expected] {
      try encode(event, FieldDefinition(name: "t", kind: .list(scaling: scaling)))
    }
    let event = #"{"t":["a","b","c",null,4]}"#
    #expect(
      try list(event, .none)
        == [.categorical("t", "a"), .categorical("t", "b"), .categorical("t", "c"), .categorical("t", "4")])
    #expect(try list(event, .squareRoot).map(\.value) == [0.5, 0.5, 0.5, 0.5])
    #expect(try list(event, .mean).map(\.value) == [0.25, 0.25, 0.25, 0.25])
    #expect(try list(#"{"t":[]}"#, .mean).isEmpty)
    #expect(try list(#"{"t":[null]}"#, .squareRoot).isEmpty)
    #expect(try list(#"{"t":"a"}"#, .squareRoot) == [.categorical("t", "a")])
  }

  @Test func equalElementsAreOneFeatureTheirValuesSummed() throws {
    let third = Float(1.0 / 3)
    #expect(
      try encode(#"{"t":["a",7,"a"]}"#, FieldDefinition(name: "t", kind: .list(scaling: .mean)))
        == [.categorical("t", "a", Float(2.0 / 3)), .categorical("t", "7", third)])
    #expect(
      try encode(#"{"t":["8",8,8.0,true]}"#, FieldDefinition(name: "t", kind: .list(scaling: .none)))
        == [.categorical("t", "8", 3), .categorical("t", "true")])
  }

  @Test func numbersAreTransformedThenClipped() throws {
    func number(_ text: String, _ transform: NumericTransform, _ clip: Double? = FieldKind.defaultClip) throws
      -> [Float]
    {
      let field = FieldDefinition(name: "n", kind: .numeric(transform: transform, clip: clip))
      let features = try encode(#"{"n":\#(text)}"#, field)
      #expect(features.allSatisfy { $0.hash == FeatureHash.numeric(field: "n", seed: 0) })
      return features.map(\.value)
    }
    #expect(try number("0", .identity) == [0])
    #expect(try number("2.5", .identity) == [2.5])
    #expect(try number("-7", .identity) == [-5])
    #expect(try number("700", .identity, nil) == [700])
    #expect(try number("700", .identity, 3) == [3])
    #expect(try number("18446744073709551615", .identity) == [5])
    #expect(try number("7", .standardize(mean: 1, scale: 4)) == [1.5])
    #expect(try number("0", .log1p) == [0])
    #expect(try number("1.718281828459045", .log1p) == [1])
    #expect(try number("-0.9999999", .log1p) == [-5])
  }

  @Test func bucketsAreCategorical() throws {
    func bucket(_ text: String, _ transform: NumericTransform) throws -> [Expected] {
      try encode(#"{"n":\#(text)}"#, FieldDefinition(name: "n", kind: .numeric(transform: transform)))
    }
    let boundaries = NumericTransform.buckets(boundaries: [0, 10, 20.5])
    for (number, text) in [("-1", "0"), ("0", "1"), ("9.99", "1"), ("10", "2"), ("20.5", "3"), ("1e300", "3")] {
      #expect(try bucket(number, boundaries) == [.categorical("n", text)], "\(number)")
    }
    for (number, text) in [
      ("1400.0", "5"), ("249", "0"), ("250", "1"), ("-1", "-1"), ("-250", "-1"), ("1e30", "4e+27"),
    ] {
      #expect(try bucket(number, .bucketWidth(250)) == [.categorical("n", text)], "\(number)")
    }
  }

  @Test func crossesJoinSingleValues() throws {
    let fields = [
      FieldDefinition(name: "a"), FieldDefinition(name: "h", path: "t", kind: .time(part: .hour)),
      FieldDefinition(name: "n", kind: .numeric(transform: .bucketWidth(10))),
    ]
    let schema = Schema(
      features: fields,
      crosses: [CrossDefinition(fields: ["n", "a"]), CrossDefinition(name: "all", fields: ["a", "h", "n"])], seed: 9)
    let a = FeatureHash.categorical(field: "a", text: "x", seed: 9)
    let h = FeatureHash.categorical(field: "h", text: "5", seed: 9)
    let n = FeatureHash.categorical(field: "n", text: "1", seed: 9)
    let both = FeatureHash.cross(field: "n*a", parts: [n, a], seed: 9)
    let all = FeatureHash.cross(field: "all", parts: [a, h, n], seed: 9)
    #expect(
      try encode(#"{"a":"x","t":"2013-01-01T05:15:00-05:00","n":12}"#, schema).map(\.hash) == [a, h, n, both, all])
    #expect(try encode(#"{"a":"x","n":12}"#, schema).map(\.hash) == [a, n, both])
    #expect(try encode(#"{"a":"x"}"#, schema).map(\.hash) == [a])
    #expect(schema.layout.names == ["a", "h", "n", "n*a", "all"])
  }

  @Test func aCrossForgetsTheEventBefore() throws {
    let encoder = try FeatureEncoder(
      Schema(
        features: [FieldDefinition(name: "a"), FieldDefinition(name: "b")],
        crosses: [CrossDefinition(fields: ["a", "b"])]))
    let reader = JSONReader()
    var features: [Feature] = []
    #expect(try encoder.encode(try reader.parse(#"{"a":1,"b":2}"#), into: &features).count == 3)
    #expect(try encoder.encode(try reader.parse(#"{"a":1}"#), into: &features) == 3..<4)
    #expect(features.map(\.field) == [0, 1, 2, 0])
  }

  @Test func theDescriptionNamesEveryFeature() throws {
    let decoder = try EventDecoder(flightsSchema)
    let described = try decoder.describe(try reader.parse(flight))
    #expect(
      described.map { "\($0.field)=\($0.text)" } == [
        "date=2013-01-01", "day_of_week=2", "hour=5", "carrier=UA", "flight=UA1545", "tailnum=N14228", "origin=EWR",
        "dest=IAH", "distance=5", "visibility=10", "date*origin=2013-01-01*EWR",
      ])
    var features: [Feature] = []
    _ = try decoder.decode(flight, into: &features)
    #expect(described.map(\.feature) == features)
    #expect(features[9].value == 5)
  }
}
