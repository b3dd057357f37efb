import Features
import Foundation
import Testing

@testable import AttentionalFM

/// Snapshots of older software lack the settings that were added since.
@Suite struct ConfigurationCodingTests {
  /// What the first release wrote.
  private static let older = """
    {"attentionInitialScale":0.5,"attentionScale":"paper","attentionSize":3,"dropout":0.25,"embeddingScale":0.0625,\
    "embeddingSize":5,"epsilon":0.125,"fieldPairPrior":false,"initialAccumulator":0.75,"kind":"fm","layout":\
    {"formsPairsWithinItself":[true,false],"names":["a","b"]},"loss":"squared","maximumFeatures":7,"maximumPairs":9,\
    "outputWeights":"ones","rates":{"attention":1,"bias":2,"embedding":3,"fieldPairs":4,"linear":5,"output":6},\
    "regularization":{"embedding":7,"linear":8,"projection":9},"seed":18446744073709551615,"tableSlots":64}
    """

  private static let expected = ModelConfiguration(
    layout: FieldLayout(names: ["a", "b"], formsPairsWithinItself: [true, false]), kind: .fm, embeddingSize: 5,
    attentionSize: 3, attentionScale: .paper, loss: .squared, fieldPairPrior: false, fieldPairWeights: false,
    outputWeights: .ones, seed: .max, embeddingScale: 0.0625, attentionInitialScale: 0.5,
    rates: LearningRates(bias: 2, linear: 5, embedding: 3, attention: 1, output: 6, fieldPairs: 4), step: .explicit,
    initialAccumulator: 0.75, epsilon: 0.125, regularization: Regularization(projection: 9, linear: 8, embedding: 7),
    dropout: 0.25, tableSlots: 64, maximumFeatures: 7, maximumPairs: 9)

  @Test func whatAnOlderSnapshotLacksIsNotInUse() throws {
    let read = try JSONDecoder().decode(ModelConfiguration.self, from: Data(Self.older.utf8))
    #expect(read == Self.expected)
  }

  @Test func whatIsNotInUseIsNotWritten() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let written = String(decoding: try encoder.encode(Self.expected), as: UTF8.self)
    #expect(written == Self.older)
  }

  @Test func whatIsInUseIsWritten() throws {
    var configuration = Self.expected
    configuration.fieldPairWeights = true
    configuration.rates.fieldPairWeights = 0.5
    configuration.step = .implicit
    let written = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(ModelConfiguration.self, from: written) == configuration)
  }

  @Test func aSettingOfTheFirstReleaseMayNotBeMissing() {
    let text = Self.older.replacingOccurrences(of: "\"dropout\":0.25,", with: "")
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(ModelConfiguration.self, from: Data(text.utf8)) }
  }
}
