import Features
import JSONReading
import Testing

@testable import FeatureEncoding

@Suite struct EncodingPropertyTests {
  // Values last as long as their reader.
  private let reader = JSONReader()

  /// The members of the flight, each as JSON.
  private func members() throws -> [String] {
    try #require(try reader.parse(flight).members).map { "\"\($0.key)\":\($0.value.jsonText)" }
  }

  @Test func theOrderOfFieldsDoesNotMatter() throws {
    let decoder = try EventDecoder(flightsSchema)
    var expected: [Feature] = []
    _ = try decoder.decode(flight, into: &expected)
    var members = try members()
    var random = SplitMix(state: 2)
    for _ in 0..<500 {
      members.shuffle(using: &random)
      var features: [Feature] = []
      _ = try decoder.decode("{" + members.joined(separator: ",") + "}", into: &features)
      #expect(features == expected)
    }
  }

  @Test func anEventIsEncodedAlikeWhateverCameBefore() throws {
    let used = try EventDecoder(flightsSchema)
    var random = SplitMix(state: 4)
    for _ in 0..<500 {
      let members = try members().filter { _ in random.next() % 3 > 0 }.joined(separator: ",")
      let fresh = try EventDecoder(flightsSchema)
      var here: [Feature] = []
      var there: [Feature] = []
      let instance = "{" + members + "}"
      _ = try used.encode(try reader.parse(instance), into: &here)
      _ = try fresh.encode(try reader.parse(instance), into: &there)
      #expect(here == there)
    }
  }

  @Test(arguments: ListScaling.allCases)
  func aListIsTheSumOfItsElements(scaling: ListScaling) throws {
    let schema = Schema(features: [FieldDefinition(name: "t", kind: .list(scaling: scaling))])
    var random = SplitMix(state: 6)
    for _ in 0..<300 {
      let elements = (0..<(1 + random.next() % 60)).map { _ in "\(random.next() % 20)" }
      let features = try encode(#"{"t":[\#(elements.joined(separator: ","))]}"#, schema)
      var counts: [String: Int] = [:]
      for element in elements { counts[element, default: 0] += 1 }
      let length = Double(elements.count)
      let factor =
        switch scaling {
        case .none: 1.0
        case .squareRoot: 1 / length.squareRoot()
        case .mean: 1 / length
        }
      #expect(Set(features.map(\.hash)).count == features.count)
      #expect(
        Set(features)
          == Set(counts.map { .categorical("t", $0.key, Float(Double($0.value) * factor)) }))
    }
  }

  @Test func learningAndScoringEncodeAlike() throws {
    let learner = try EventDecoder(flightsSchema)
    let scorer = try EventDecoder(flightsSchema)
    var learned: [Feature] = []
    var scored: [Feature] = []
    _ = try learner.decode(flight, into: &learned)
    let instance = flight.replacing("\"label\":0,", with: "")
    _ = try scorer.encode(try reader.parse(instance), into: &scored)
    #expect(learned == scored)
  }

  @Test func fieldsKeepSchemaOrder() throws {
    var features: [Feature] = []
    _ = try EventDecoder(flightsSchema).decode(flight, into: &features)
    #expect(features.map(\.field) == Array(0...10))
  }
}
