import Features
import JSONReading
import Testing

@testable import FeatureEncoding

@Suite struct RejectionTests {
  private static let schema = Schema(
    label: LabelDefinition(time: TimeDefinition(path: "known", format: .milliseconds)), importance: "weight",
    time: TimeDefinition(path: "time"), servedScore: "served",
    keptFraction: KeptFraction(path: "kept"),
    features: [
      FieldDefinition(name: "c"), FieldDefinition(name: "n", kind: .numeric(transform: .log1p)),
      FieldDefinition(name: "raw", kind: .numeric(clip: nil)), FieldDefinition(name: "list", kind: .list()),
      FieldDefinition(name: "hour", path: "t", kind: .time(part: .hour)),
    ],
    limits: EncodingLimits(
      maximumRecordBytes: 1_000, maximumDepth: 8, maximumFeatures: 12, maximumPairs: 60, maximumMagnitude: 100))

  private static func list(_ count: Int) -> String {
    #"{"label":1,"list":["# + (0..<count).map { "\($0)" }.joined(separator: ",") + "]}"
  }

  static let records: [(String, RejectionReason, String?)] = [
    ("", .empty, nil), (" \r\n", .empty, nil), ("{", .badJSON, nil), (#"{"label":1,}"#, .badJSON, nil),
    ("[1]", .notAnObject, nil), ("1", .notAnObject, nil), ("null", .notAnObject, nil),
    (#"{"label":NaN}"#, .notFinite, nil), (#"{"label":1e400}"#, .notFinite, nil),
    (#"{"label":1,"c":99999999999999999999}"#, .integerTooLarge, nil),
    (#"{"a":"# + String(repeating: "[", count: 20) + "1" + String(repeating: "]", count: 20) + "}", .tooDeep, nil),
    (#"{"label":1,"c":""# + String(repeating: "x", count: 1_000) + #""}"#, .recordTooLarge, nil),
    ("{}", .noLabel, "label"), (#"{"label":null}"#, .noLabel, "label"), (#"{"label":2}"#, .badLabel, "label"),
    (#"{"label":"1"}"#, .badLabel, "label"), (#"{"label":0.5}"#, .badLabel, "label"),
    (#"{"label":{}}"#, .badLabel, "label"),
    (#"{"label":1,"weight":-1}"#, .badImportance, "weight"), (#"{"label":1,"weight":"2"}"#, .badImportance, "weight"),
    (#"{"label":1,"weight":1e300}"#, .badImportance, "weight"),
    (#"{"label":1,"time":"yesterday"}"#, .badTime, "time"), (#"{"label":1,"time":5}"#, .badTime, "time"),
    (#"{"label":1,"known":"2013-01-01T00:00:00Z"}"#, .badTime, "known"),
    (#"{"label":1,"served":"high"}"#, .badServedScore, "served"),
    (#"{"label":1,"served":1e300}"#, .badServedScore, "served"),
    (#"{"label":1,"kept":0}"#, .badField, "kept"), (#"{"label":1,"kept":1.01}"#, .badField, "kept"),
    (#"{"label":1,"kept":"all"}"#, .badField, "kept"),
    (#"{"label":1,"c":[1]}"#, .badField, "c"), (#"{"label":1,"c":{}}"#, .badField, "c"),
    (#"{"label":1,"n":"5"}"#, .badField, "n"), (#"{"label":1,"n":true}"#, .badField, "n"),
    (#"{"label":1,"n":-1}"#, .notFinite, "n"), (#"{"label":1,"list":[[1]]}"#, .badField, "list"),
    (#"{"label":1,"list":{}}"#, .badField, "list"), (#"{"label":1,"t":"05:15"}"#, .badField, "t"),
    (#"{"label":1,"raw":100.5}"#, .valueTooLarge, "raw"), (#"{"label":1,"raw":-1e308}"#, .valueTooLarge, "raw"),
    (list(13), .tooManyFeatures, nil), (list(12), .tooManyPairs, nil),
  ]

  @Test(arguments: records)
  func everyReasonIsGiven(record: String, reason: RejectionReason, field: String?) throws {
    let rejected = try #require(try rejection(record, Self.schema), "\(record)")
    #expect(rejected.reason == reason, "\(record): \(rejected)")
    #expect(rejected.field == field)
    #expect(!rejected.detail.isEmpty)
    #expect(rejected.description.hasPrefix(reason.rawValue))
  }

  @Test func invalidUTF8IsAReason() throws {
    let decoder = try EventDecoder(Self.schema)
    #expect(rejection([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], decoder)?.reason == .invalidUTF8)
  }

  @Test func everyReasonOfJSONRecordsIsTested() {
    let tested = Set(Self.records.map(\.1))
    // No memory cannot be had on demand, lines have their own tests, and bytes that are no text stand above.
    #expect(Set(RejectionReason.allCases).subtracting(tested) == [.noMemory, .badLine, .invalidUTF8])
  }

  @Test func aRecordAtTheLimitsIsTaken() throws {
    #expect(try rejection(Self.list(11), Self.schema) == nil)
    #expect(try rejection(#"{"label":1,"raw":100,"weight":0,"served":-3.5,"n":0}"#, Self.schema) == nil)
  }

  @Test func pairsWithinAListCanBeLeftOut() throws {
    var schema = Self.schema
    schema.features[3].kind = .list(scaling: .squareRoot, pairs: false)
    #expect(try rejection(Self.list(12), schema) == nil)
    #expect(schema.layout.formsPairsWithinItself == [true, true, true, false, true])
  }

  @Test func labelsAreMapped() throws {
    func label(_ text: String, _ mapping: LabelMapping) throws -> Float {
      let decoder = try EventDecoder(
        Schema(label: LabelDefinition(path: "y.z", mapping: mapping), features: [FieldDefinition(name: "c")]))
      var features: [Feature] = []
      return try decoder.decode(#"{"y":{"z":\#(text)}}"#, into: &features).label
    }
    for (text, expected) in [("1", 1), ("0", 0), ("-1", 0), ("1.0", 1), ("true", 1), ("false", 0)] as [(String, Float)]
    {
      #expect(try label(text, .binary) == expected)
    }
    #expect(try label("-2.5", .number) == -2.5)
    #expect(throws: RejectedRecord.self) { try label("1e39", .number) }
    #expect(throws: RejectedRecord.self) { try label("true", .number) }
  }

  @Test func theTextsOfARecordsValuesAreTold() throws {
    let decoder = try EventDecoder(Self.schema)
    let record = Array(#"{"label":1,"c":"x","list":[1.0,"b"],"t":"1970-01-01T05:00:00Z"}"#.utf8)
    var features: [Feature] = []
    _ = try record.withUnsafeBytes { bytes in try decoder.decode(bytes, into: &features) }
    let texts = record.withUnsafeBytes { decoder.texts(of: $0) }
    #expect(features.map { texts[$0.hash] } == ["x", "1", "b", "5"])
    #expect(record.dropLast().withUnsafeBytes { decoder.texts(of: $0) }.isEmpty)
  }

  @Test func whatElseTheEventSaysIsRead() throws {
    let decoder = try EventDecoder(Self.schema)
    var features = [Feature(hash: 1, value: 2, field: 3)]
    let event = try decoder.decode(
      #"{"label":1,"weight":2.5,"time":"1970-01-01T00:00:01Z","known":1500,"served":-0.5,"c":"x"}"#, into: &features)
    #expect(
      event
        == DecodedEvent(
          label: 1, importance: 2.5, eventTime: 1_000, labelTime: 1_500, servedScore: -0.5, features: 1..<2))
    let plain = try decoder.decode(#"{"label":0,"weight":null}"#, into: &features)
    #expect(plain == DecodedEvent(label: 0, features: 2..<2))
  }

  @Test func whatWasKeptAndAMissingLabelAreAsTheSchemaSays() throws {
    var schema = Schema(
      label: LabelDefinition(assumed: 1), keptFraction: KeptFraction(path: "kept", otherwise: 0.5),
      features: [FieldDefinition(name: "c")])
    var features: [Feature] = []
    let decoder = try EventDecoder(schema)
    let given = try decoder.decode(#"{"label":0,"kept":0.25}"#, into: &features)
    #expect(given == DecodedEvent(label: 0, keptFraction: 0.25, features: 0..<0))
    let missing = try decoder.decode(#"{"label":null,"c":1}"#, into: &features)
    #expect(missing == DecodedEvent(label: 1, keptFraction: 0.5, features: 0..<1))
    #expect(try rejection(#"{"label":2}"#, schema)?.reason == .badLabel)
    schema.keptFraction?.path = nil
    let line = try EventDecoder(schema, format: .libfm).decode("-1 5:1", into: &features)
    #expect(line.label == 0 && line.keptFraction == 0.5)
    schema.keptFraction?.path = "kept"
    #expect(schema.validate(for: .libfm).map(\.place) == ["keptFraction.path"])
    schema.keptFraction?.otherwise = 0
    schema.keptFraction?.path = "a..b"
    #expect(schema.validate().map(\.place) == ["keptFraction.path", "keptFraction.otherwise"])
  }

  @Test func aFingerprintTellsWhatIsInUseAndNothingElse() {
    let plain = Schema(features: [FieldDefinition(name: "c")])
    var kept = plain
    kept.keptFraction = KeptFraction(path: "kept")
    var assumed = plain
    assumed.label.assumed = 1
    #expect(Set([plain.fingerprint, kept.fingerprint, assumed.fingerprint]).count == 3)
    #expect(!plain.canonicalJSON.contains("kept") && !plain.canonicalJSON.contains("assumed"))
    #expect(plain.differences(from: kept).isEmpty && assumed.differences(from: plain).isEmpty)
  }
}
