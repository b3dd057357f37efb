import AttentionalFM
import NegativeSampling

/// How negatives are drawn for the positive events of a stream that has no others.
public struct NegativeSamplingSettings: Equatable, Sendable {
  /// The field whose value is drawn: a categorical one.
  public var field: String

  /// The fields whose values go with it: a negative has those of the value that was drawn.
  public var companions: [String]

  /// The field that names the user, whose lately seen values are left out; nil for no such field.
  public var user: String?

  /// How values are drawn.
  public var sampling: SamplingSettings

  /// Among how many sampled candidates a positive is ranked before it is learned; 0 for none.
  public var rankingCandidates: Int

  /// One in so many events is ranked.
  public var rankingEvery: UInt64

  /// Makes settings.
  public init(
    field: String, companions: [String] = [], user: String? = nil, sampling: SamplingSettings = SamplingSettings(),
    rankingCandidates: Int = 99, rankingEvery: UInt64 = 50
  ) {
    self.field = field
    self.companions = companions
    self.user = user
    self.sampling = sampling
    self.rankingCandidates = max(0, rankingCandidates)
    self.rankingEvery = max(1, rankingEvery)
    if user == nil { self.sampling.users = 0 }
  }

  /// The alternatives that are learned from at once: a positive and its negatives.
  var alternatives: Int { sampling.negatives + 1 }
}

extension NegativeSamplingSettings {
  /// The bytes that the sampler takes when it is full, and with the ranking loss the learner of rankings.
  public func bytes(_ model: ModelConfiguration) -> UInt64 {
    sampling.bytes(companions: companions.count)
      &+ (model.loss == .ranking ? model.rankingLearnerBytes(negatives: sampling.negatives) : 0)
  }
}
