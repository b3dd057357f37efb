import Foundation
import Testing

@testable import FeatureEncoding

@Suite struct SchemaTests {
  private func problems(_ change: (inout Schema) -> Void) -> [String] {
    var schema = flightsSchema
    change(&schema)
    return schema.validate().map(\.place)
  }

  @Test func aRightSchemaHasNoProblem() {
    #expect(flightsSchema.validate() == [])
  }

  @Test func everyProblemIsFoundAndPlaced() {
    #expect(problems { $0.features = [] } == ["features", "crosses[0].fields", "crosses[0].fields"])
    #expect(problems { $0.label.path = "" } == ["label.path"])
    #expect(problems { $0.importance = "a..b" } == ["importance"])
    #expect(problems { $0.servedScore = "." } == ["servedScore"])
    #expect(problems { $0.time?.path = #"t\"# } == ["time.path"])
    let known = TimeDefinition(path: "known")
    #expect(problems { $0.label.time = TimeDefinition(path: "") } == ["label.time.path"])
    #expect(problems { ($0.label.time, $0.time) = (known, nil) } == ["label.time.path"])
    #expect(problems { ($0.label.time, $0.features[3].path) = (known, "known") } == ["features[3].path"])
    #expect(problems { $0.label.time = $0.time } == [])
    #expect(problems { $0.features[3].path = "a." } == ["features[3].path"])
    #expect(problems { $0.features[3].path = "label" } == ["features[3].path"])
    #expect(problems { $0.features[3].name = "" } == ["features[3].name"])
    #expect(problems { $0.features[3].name = "a\u{0}b" } == ["features[3].name"])
    #expect(problems { $0.features[3].name = "flight" } == ["features[4].name"])
    #expect(problems { $0.crosses[0].name = "flight" } == ["crosses[0].name"])
    #expect(problems { $0.crosses[0].fields = ["date"] } == ["crosses[0].fields"])
    #expect(problems { $0.crosses[0].fields = ["date", "date"] } == ["crosses[0].fields"])
    #expect(problems { $0.crosses[0].fields = ["date", "nothing"] } == ["crosses[0].fields"])
    #expect(problems { $0.crosses[0].fields = ["date", "visibility"] } == ["crosses[0].fields"])
    #expect(problems { $0.features[6].kind = .list() } == ["crosses[0].fields"])
    func kind(_ kind: FieldKind) -> [String] { problems { $0.features[3].kind = kind } }
    #expect(kind(.numeric(clip: 0)) == ["features[3].clip"])
    #expect(kind(.numeric(clip: .nan)) == ["features[3].clip"])
    #expect(
      kind(.numeric(transform: .standardize(mean: .nan, scale: 0))) == [
        "features[3].transform.mean", "features[3].transform.scale",
      ])
    for boundaries in [[], [1, 1], [2, 1], [1, .infinity], [.nan]] {
      #expect(kind(.numeric(transform: .buckets(boundaries: boundaries))) == ["features[3].transform.boundaries"])
    }
    #expect(kind(.numeric(transform: .bucketWidth(-1))) == ["features[3].transform.width"])
    for zone in ["Mars/Olympus", "", "+5", "CEST", "+25:00"] {
      #expect(kind(.time(part: .hour, zone: TimeZoneName(zone))) == ["features[3].zone"], "\(zone)")
    }
    for zone in ["UTC", "+05:30", "-00:00", "Europe/Berlin"] {
      #expect(kind(.time(part: .hour, zone: TimeZoneName(zone))) == [], "\(zone)")
    }
    #expect(
      problems {
        $0.limits = EncodingLimits(
          maximumRecordBytes: 0, maximumDepth: 0, maximumFeatures: 0, maximumPairs: -1, maximumMagnitude: .nan)
      } == [
        "limits.maximumRecordBytes", "limits.maximumDepth", "limits.maximumFeatures", "limits.maximumPairs",
        "limits.maximumMagnitude",
      ])
  }

  @Test func anInvalidSchemaMakesNoEncoder() throws {
    let error = #expect(throws: InvalidSchema.self) { try FeatureEncoder(Schema(features: [])) }
    #expect(try #require(error).description == "features: a schema needs at least one")
  }

  @Test func aSchemaSurvivesCoding() throws {
    var schema = flightsSchema
    schema.features.append(
      FieldDefinition(name: "n", kind: .numeric(transform: .standardize(mean: 0.1, scale: 3), clip: nil)))
    schema.features.append(FieldDefinition(name: "l", kind: .list(scaling: .mean, pairs: false)))
    schema.features.append(
      FieldDefinition(name: "z", kind: .time(part: .hour, format: .milliseconds, zone: TimeZoneName("Europe/Berlin"))))
    let decoded = try JSONDecoder().decode(Schema.self, from: JSONEncoder().encode(schema))
    #expect(decoded == schema)
    #expect(decoded.fingerprint == schema.fingerprint)
  }

  @Test func theFingerprintIsStable() {
    let schema = Schema(
      features: [
        FieldDefinition(name: "a"), FieldDefinition(name: "n", path: "x.n", kind: .numeric(transform: .log1p)),
      ], seed: 3)
    #expect(
      schema.canonicalJSON
        == #"{"seed":3,"label":{"path":"label","mapping":"binary"},"importance":null,"features":[{"name":"a","path":"a","#
        + #""kind":{"type":"categorical"}},{"name":"n","path":"x.n","kind":{"type":"numeric","transform":{"type":"log1p"},"#
        + #""clip":5}}],"crosses":[]}"#)
    #expect(schema.fingerprint == "f50997170659518a")
  }

  @Test func theFingerprintChangesWithWhatIsLearned() {
    var prints: Set<String> = [flightsSchema.fingerprint]
    func add(_ change: (inout Schema) -> Void) {
      var schema = flightsSchema
      change(&schema)
      #expect(prints.insert(schema.fingerprint).inserted)
    }
    add { $0.seed = 1 }
    add { $0.label.mapping = .number }
    add { $0.importance = "w" }
    add { $0.features[3].name = "airline" }
    add { $0.features[3].path = "airline" }
    add { $0.features[3].kind = .list() }
    add { $0.features[3].kind = .list(scaling: .mean) }
    add { $0.features[3].kind = .list(pairs: false) }
    add { $0.features[8].kind = .numeric(transform: .bucketWidth(251)) }
    add { $0.features[8].kind = .numeric(transform: .buckets(boundaries: [1, 2])) }
    add { $0.features[9].kind = .numeric(clip: nil) }
    add { $0.features[2].kind = .time(part: .hour, zone: TimeZoneName("UTC")) }
    add { $0.features.swapAt(3, 4) }
    add { $0.crosses = [] }
    var schema = flightsSchema
    schema.limits.maximumFeatures = 63
    schema.time = nil
    schema.label.time = TimeDefinition(path: "known")
    #expect(schema.fingerprint == flightsSchema.fingerprint)
  }

  private func differences(_ change: (inout Schema) -> Void) -> [SchemaDifference] {
    var schema = flightsSchema
    change(&schema)
    return schema.differences(from: flightsSchema)
  }

  @Test func whatIsFreeToChangeIsNoDifference() {
    #expect(differences { _ in } == [])
    #expect(differences { $0.features.append(FieldDefinition(name: "new")) } == [])
    #expect(differences { $0.features.remove(at: 3) } == [])
    #expect(differences { $0.features.swapAt(3, 4) } == [])
    #expect(differences { $0.features[3].path = "airline.code" } == [])
    #expect(differences { $0.crosses = [] } == [])
    #expect(differences { $0.limits.maximumFeatures = 10 } == [])
    #expect(differences { $0.importance = "weight" } == [])
  }

  @Test func whatWouldChangeTheMeaningOfRowsIsNamedWithBothValues() {
    #expect(differences { $0.seed = 7 } == [SchemaDifference(subject: "seed", saved: "0", configured: "7")])
    #expect(differences { $0.label.mapping = .number }.map(\.subject) == ["label.mapping"])
    #expect(
      differences { $0.features[9].kind = .numeric(transform: .log1p) } == [
        SchemaDifference(
          subject: "features.visibility", saved: #"{"type":"numeric","transform":{"type":"identity"},"clip":5}"#,
          configured: #"{"type":"numeric","transform":{"type":"log1p"},"clip":5}"#)
      ])
    #expect(differences { $0.features[9].kind = .numeric(clip: 3) }.map(\.subject) == ["features.visibility"])
    #expect(differences { $0.features[3].kind = .list() }.map(\.subject) == ["features.carrier"])
    #expect(
      differences { $0.crosses[0] = CrossDefinition(name: "date*origin", fields: ["date", "dest"]) }.map(\.subject)
        == ["crosses.date*origin"])
    let text = differences { $0.seed = 7 }.map(\.description).joined()
    #expect(text.contains("learned with 0, but 7 is configured"))
  }

  @Test func whetherAListFormsPairsIsFreeToChange() {
    let before = Schema(features: [FieldDefinition(name: "l", kind: .list(pairs: true))])
    let after = Schema(features: [FieldDefinition(name: "l", kind: .list(pairs: false))])
    #expect(after.differences(from: before) == [])
    let scaled = Schema(features: [FieldDefinition(name: "l", kind: .list(scaling: .none))])
    #expect(scaled.differences(from: before).count == 1)
  }
}
