/// What the model says of one event.
public struct Prediction: Equatable, Sendable {
  /// The raw score `y`: log-odds for log loss, the number itself for squared loss.
  public var raw: Float
  /// The event's features that the model knows; only they take part.
  public var known: Int
  /// The event's features that the model does not know.
  public var unknown: Int
  /// The pairs that were formed.
  public var pairs: Int
  /// The entropy of the attention weights over that of uniform ones: 1 is uniform, 0 is all on one pair; 1 also with
  /// fewer than two pairs and without attention.
  public var attentionEntropy: Float

  /// Makes a prediction of its parts.
  public init(raw: Float, known: Int, unknown: Int, pairs: Int, attentionEntropy: Float) {
    self.raw = raw
    self.known = known
    self.unknown = unknown
    self.pairs = pairs
    self.attentionEntropy = attentionEntropy
  }
}

/// What became of an event that was to be learned.
public enum LearningOutcome: Equatable, Sendable {
  /// The model moved, and its event number with it.
  case applied
  /// The score, a gradient or an Adagrad sum was not finite: the model is exactly as before, event number, table and
  /// counters included.
  case notFinite
}

/// What one event did: the prediction made before anything moved, and the outcome.
public struct LearningStep: Equatable, Sendable {
  /// The prediction before the update, from known features and without dropout: what a scorer would have answered.
  public var prediction: Prediction
  /// Whether the event was applied.
  public var outcome: LearningOutcome
  /// `Loss.tail` of the prediction: whoever judges it needs it too, and an exponential is not cheap.
  public var tail: Double
}

/// A score taken apart, in Double: `bias` and all terms and pairs sum to `raw` within 1e-6 x max(1, sum of |term|).
public struct Explanation: Equatable, Sendable {
  /// A feature's own term `w_i x_i`.
  public struct Term: Equatable, Sendable {
    /// The feature's position in the event as it was given.
    public var feature: Int
    /// What it adds to the raw score.
    public var value: Double
  }

  /// A pair's term `s a_ij m_f(i)f(j) p . (v_i * v_j) x_i x_j`.
  public struct Pair: Equatable, Sendable {
    /// The first feature's position in the event as it was given.
    public var first: Int
    /// The second feature's position.
    public var second: Int
    /// The attention weight `a_ij`; the weights of an event sum to one (all are 1 without attention).
    public var attention: Float
    /// `m` of the pair's fields; nil where the model has none.
    public var fieldPairWeight: Float?
    /// What it adds to the raw score.
    public var value: Double
  }

  /// `w0`.
  public var bias: Double
  /// One for each known feature.
  public var terms: [Term]
  /// One for each pair.
  public var pairs: [Pair]
  /// The raw score, bit for bit the one that scoring gives.
  public var raw: Float
  /// The positions of the features that the model does not know; they add nothing.
  public var unknown: [Int]
}
