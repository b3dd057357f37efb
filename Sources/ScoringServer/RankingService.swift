import AttentionalFM
import FeatureEncoding
import Features
import JSONReading
import LiveModel
import ScoringAPI

/// Ranks candidates against a context.
///
/// One for each event loop, used on its thread alone. Ranking allocates nothing for a candidate once the buffers have
/// grown.
final class RankingService {
  private let sources: ScoringService.Sources
  private let encoder: FeatureEncoder
  private let ranker: Ranker

  // Used by one call after the other, so that exclusive access need not be checked at run time.
  @exclusivity(unchecked) private var context = EncodedContext()
  @exclusivity(unchecked) private var features: [Feature] = []
  /// Where the features of each candidate of a block end.
  @exclusivity(unchecked) private var ends: [Int] = []
  @exclusivity(unchecked) private var scores: [Ranker.Score] = []
  @exclusivity(unchecked) private var best = BestFirst()

  /// Candidates that are encoded before the first of them is scored, so that the memory of their features is on its way
  /// meanwhile.
  private static let blockSize = 16

  init(_ sources: ScoringService.Sources, encoder: FeatureEncoder) {
    self.sources = sources
    self.encoder = encoder
    ranker = Ranker(sources.model.reference)
  }

  func letGoOfReplacedModel() {
    ranker.letGoOfReplacedModel()
  }

  /// Writes the answer of a request to rank; what was written is of no use where this throws.
  func rank(_ root: JSONValue, isLine: Bool, into text: inout JSONText) throws(Problem) {
    try RequestReading.check(root, allows: ["context", "candidates", "top", "model"], isLine: isLine)
    try sources.model.check(root)
    var (contextValue, candidates, top) = try RequestReading.ranking(root)
    scores.removeAll(keepingCapacity: true)
    best.begin(limit: top ?? .max)
    let eventsLearned = try begin(contextValue)
    while try scoreBlock(&candidates) {}
    write(eventsLearned: eventsLearned, into: &text)
  }

  private func begin(_ value: JSONValue) throws(Problem) -> UInt64 {
    features.removeAll(keepingCapacity: true)
    do {
      _ = try encoder.encode(context: value, as: &context, into: &features)
    } catch {
      throw Problem(error, at: "context")
    }
    return features.withUnsafeBufferPointer { ranker.beginRequest(context: $0) }
  }

  /// Scores the next candidates; false where there were none left.
  private func scoreBlock(_ candidates: inout JSONElements) throws(Problem) -> Bool {
    let context = context
    features.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    while ends.count < Self.blockSize, let candidate = candidates.next() {
      let position = scores.count + ends.count
      guard position < sources.limits.candidates else {
        throw .tooLarge("more than \(sources.limits.candidates) candidates in one request", field: "candidates")
      }
      do {
        let range = try encoder.encode(candidate: candidate, beside: context, into: &features)
        features.withUnsafeBufferPointer { ranker.announce(UnsafeBufferPointer(rebasing: $0[range])) }
      } catch {
        throw Problem(error, at: "candidates[\(position)]")
      }
      ends.append(features.count)
    }
    let first = scores.count
    features.withUnsafeBufferPointer { ranker.score($0, ends: ends, into: &scores) }
    for position in first..<scores.count {
      best.add(scores[position].raw, position: UInt32(truncatingIfNeeded: position))
    }
    return !ends.isEmpty
  }

  private func write(eventsLearned: UInt64, into text: inout JSONText) {
    let loss = ranker.configuration.loss
    var index = 0
    RankWriter.begin(&text)
    best.forEach { position in
      let score = scores[position]
      let raw = ranker.calibrated(score.raw)
      RankWriter.append(
        index: index, position: position, score: loss.predicted(raw: raw), raw: raw, unknown: score.unknown, to: &text)
      index += 1
    }
    sources.metrics.instances.add(UInt64(scores.count))
    sources.metrics.unknownFeatures.add(UInt64(scores.reduce(0) { $0 + $1.unknown }))
    RankWriter.end(model: sources.model.identity(eventsLearned: eventsLearned), &text)
  }
}
