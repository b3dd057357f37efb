import Foundation
import ProgressiveValidation
import Testing

@Suite struct RankingTests {
  @Test func hitRateAndGainAreWeightedMeansOverTheRankedPositives() throws {
    var validation = ProgressiveValidation(loss: .logistic, windowSize: 4)
    #expect(validation.runSummary.ranking == nil && validation.rankingState.isEmpty)
    for (ahead, importance) in [(0, Float(1)), (9, 2), (10, 1), (2, 0.5)] {
      validation.recordRanking(ahead: ahead, importance: importance)
    }
    let summary = try #require(validation.runSummary.ranking)
    #expect(summary.events == 4 && summary.hitRate == 3.5 / 4.5)
    #expect(abs((summary.ndcg ?? 0) - (1 + 2 / log2(11) + 0.5 / 2) / 4.5) < 1e-15)
  }

  @Test func windowsEndWithThoseOfTheEventsAndAStateGoesOn() throws {
    func recorded(_ validation: inout ProgressiveValidation, _ range: Range<Int>) {
      for n in range {
        if n % 3 == 0 { validation.recordRanking(ahead: n % 14, importance: 1) }
        validation.record(
          raw: Float(n % 5) - 2, label: Float(n % 2), importance: 1, known: 3, unknown: 0, entropy: .nan)
      }
    }
    var straight = ProgressiveValidation(loss: .logistic, windowSize: 10)
    var stopped = straight
    recorded(&straight, 0..<37)
    recorded(&stopped, 0..<24)
    var restored = ProgressiveValidation(loss: .logistic, windowSize: 10)
    try restored.restore(stopped.state)
    try restored.restoreRanking(stopped.rankingState)
    recorded(&restored, 24..<37)
    #expect(restored.runSummary == straight.runSummary && restored.lastWindow == straight.lastWindow)
    #expect(straight.lastWindow?.ranking?.events == 3)
    #expect(restored.rankingState == straight.rankingState)
  }

  @Test func theRankingLossIsThatOfPairsAndHasNoCalibration() {
    var validation = ProgressiveValidation(loss: .ranking, windowSize: 4)
    for (raw, label, loss) in [(Float(2), Float(1), 0.25), (1, 0, 0.5), (3, 0, 0)] {
      validation.record(
        raw: raw, label: label, importance: 1, known: 1, unknown: 0, entropy: .nan, servedScore: 1, pairLoss: loss)
    }
    let summary = validation.runSummary
    #expect(summary.loss == 0.25 && summary.auc == 0.5)
    #expect(summary.calibration == nil && summary.meanPrediction == nil && summary.normalizedEntropy == nil)
    #expect(summary.served == nil)
  }
}
