// Unsafe memory: the scratch has room for `maximumFeatures`, of which no more are gathered into it.

import AttentionalFM
import CAFMKernels
import Features

/// Scores many candidates against one context with shared work: the context's features are looked up and the pairs
/// among them computed once for all. One request at a time, on one thread at a time; allocates nothing for a candidate.
///
/// A candidate's score is that of the context's features followed by the candidate's as one event, to within 1e-6 x
/// max(1, sum of |term|); it depends on the context and the candidate alone, to the bit, whatever else is asked.
public final class Ranker {
  /// What the model says of a candidate together with the context.
  public struct Score: Equatable, Sendable {
    /// The raw score: log-odds for log loss, the number itself for squared loss.
    public var raw: Float
    /// Features of the context and of the candidate that the model does not know; they took no part.
    public var unknown: Int

    /// Makes a score of its parts.
    public init(raw: Float, unknown: Int) {
      self.raw = raw
      self.unknown = unknown
    }
  }

  // Of the variables that every candidate touches none is lent to a call that comes back here, so that exclusive access
  // need not be checked at run time.
  private let scorer: Scorer
  private let kernels: Kernels
  @exclusivity(unchecked) private var scratch: EventScratch
  @exclusivity(unchecked) private var pairsFormed: CandidatePairs
  private var scratchSwap: UInt64

  /// The context's features as they were given, and a candidate's behind them where there are too many pairs.
  private var union: [Feature] = []
  @exclusivity(unchecked) private var contextGiven = 0
  @exclusivity(unchecked) private var contextKnown = 0
  @exclusivity(unchecked) private var contextPairs = 0
  @exclusivity(unchecked) private var contextSums = PairSums()
  @exclusivity(unchecked) private var contextLinear = 0.0

  /// The configuration of the model this request is answered from.
  public var configuration: ModelConfiguration { scorer.configuration }

  /// Makes a ranker that follows a replaceable reference.
  public init(_ reference: LiveModelReference, kernels: Kernels = .preferred) {
    self.kernels = kernels
    scorer = Scorer(reference, kernels: kernels)
    scratch = EventScratch(scorer.configuration)
    pairsFormed = CandidatePairs(scratch)
    scratchSwap = scorer.seenSwap
  }

  /// Makes a ranker for a model that is never replaced.
  public convenience init(_ live: LiveModel, kernels: Kernels = .preferred) {
    self.init(LiveModelReference(live), kernels: kernels)
  }

  /// Begins a request: takes over a replaced model and the newest dense parameters, which all candidates of the request
  /// then see, and does the context's share of the work.
  ///
  /// - Parameter context: the context's features, each once, as the encoder gives them.
  /// - Returns: the number of events the dense parameters had been learned from.
  @discardableResult
  public func beginRequest(context: UnsafeBufferPointer<Feature>) -> UInt64 {
    let eventsLearned = scorer.beginRequest()
    if scorer.seenSwap != scratchSwap {
      scratch = EventScratch(scorer.configuration)
      pairsFormed = CandidatePairs(scratch)
      scratchSwap = scorer.seenSwap
    }
    union.removeAll(keepingCapacity: true)
    union.append(contentsOf: context)
    contextGiven = context.count
    let memory = scorer.live.memory
    memory.gather(context, lookups: scorer.block.located(context, memory), into: scratch)
    contextKnown = known
    contextPairs = pairsFormed.formOfContext()
    contextSums = contextPairs > 0 ? scratch.pairSums(kernels, parameters: scorer.parameters.base) : PairSums()
    contextLinear = Double(scorer.bias) + scratch.linearSum(behind: 0)
    return eventsLearned
  }

  /// What a raw score of this request is answered as: itself where no calibration is configured. It never falls where the
  /// raw score rises.
  public func calibrated(_ raw: Float) -> Float { scorer.calibrated(raw) }

  /// Lets go of a model that was replaced; to be called now and then while nothing is asked.
  public func letGoOfReplacedModel() {
    scorer.beginRequest()
  }

  /// Takes the next candidate of the block, and asks for the memory of its features ahead of their use. The features of
  /// a block stand one candidate's after the other's.
  ///
  /// - Parameter candidate: the candidate's features, each once and none of them the context's.
  public func announce(_ candidate: UnsafeBufferPointer<Feature>) {
    scorer.announce(candidate)
  }

  /// Appends the scores of the candidates that were announced, each together with the request's context, and begins the
  /// next block.
  ///
  /// - Parameters:
  ///   - features: the features of all candidates announced, one candidate's after the other's.
  ///   - ends: where the features of each candidate end.
  ///   - scores: where the scores are appended.
  public func score(_ features: UnsafeBufferPointer<Feature>, ends: [Int], into scores: inout [Score]) {
    let memory = scorer.live.memory
    let block = scorer.block
    let scratch = scratch
    let pairsFormed = pairsFormed
    let layout = scratch.layout.pointee
    let parameters = scorer.parameters
    let room = configuration.maximumFeatures - contextGiven
    let pairsLeft = configuration.maximumPairs - contextPairs
    block.locate(memory)
    var start = 0
    for end in ends {
      let candidate = UnsafeBufferPointer(rebasing: features[start..<end])
      scratch.keepFeatures(first: contextKnown)
      memory.gatherMore(
        candidate, room: room, lookups: block.lookups(at: start, count: candidate.count), into: scratch)
      let pairs = pairsFormed.formOfCandidate()
      start = end
      // Which pairs of an overlong event are left out depends on all of its features.
      if pairs > pairsLeft {
        scores.append(scoreAsOneEvent(candidate))
        continue
      }
      let sums = pairs > 0 ? scratch.pairSums(kernels, parameters: parameters.base) : PairSums()
      let raw =
        contextLinear + scratch.linearSum(behind: contextKnown) + contextSums.interaction(with: sums, layout)
      scores.append(Score(raw: Float(raw), unknown: contextGiven + candidate.count - known))
    }
    block.begin()
  }

  private var known: Int { Int(scratch.event.pointee.feature_count) }

  private func scoreAsOneEvent(_ candidate: UnsafeBufferPointer<Feature>) -> Score {
    union.removeLast(union.count - contextGiven)
    union.append(contentsOf: candidate)
    let prediction = union.withUnsafeBufferPointer { scorer.score($0) }
    return Score(raw: prediction.raw, unknown: prediction.unknown)
  }
}
