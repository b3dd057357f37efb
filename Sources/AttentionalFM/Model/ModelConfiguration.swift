import Features

/// Everything that shapes a model and its learning; a snapshot carries it.
///
/// The defaults are those measured best for one pass over click-like data: log loss, `k = t = 16`, attention scaled by
/// the number of pairs, the field-pair prior on. `Docs/Model.md` gives the formula every name here refers to.
public struct ModelConfiguration: Codable, Equatable, Sendable {
  /// The form of the model: attention over pairs, plain factorization machine, or linear.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// `w0 + sum w x + p . sum s a (v * v) x x`.
    case afm
    /// The same with every `s a` fixed at 1.
    case fm
    /// `w0 + sum w x` alone.
    case linear
  }

  /// The factor `s` before the attention weights, which sum to one.
  public enum AttentionScale: String, Codable, Sendable, CaseIterable {
    /// The number of pairs: uniform attention is the plain factorization machine.
    case pairs
    /// 1, as in the paper.
    case paper
  }

  /// Whether the output vector `p` is learned.
  public enum OutputWeights: String, Codable, Sendable, CaseIterable {
    /// Starts at ones and is learned.
    case trainable
    /// Fixed at ones: the classical factorization machine.
    case ones
  }

  /// Where the gradient of an event is taken, when it is learned by itself.
  public enum Step: String, Codable, Sendable, CaseIterable {
    /// Where the score is.
    case explicit
    /// Where the step leads to, to the first order: a step whose squared gradient is small beside the Adagrad sums does
    /// not lead beyond its goal.
    case implicit

    /// What serves a loss best in one pass: squared errors grow without bound and explicit steps overshoot them; log loss
    /// does not gain, and saves the equation. Ranking losses take explicit steps always.
    public static func best(for loss: Loss) -> Step { loss.isSquaredError ? .implicit : .explicit }
  }

  /// The form of the model.
  public var kind: Kind
  /// `k`, the length of an embedding: 1 to 1024. A linear model ignores it.
  public var embeddingSize: Int
  /// `t`, the width of the attention network: 1 to 1024. Only `afm` uses it.
  public var attentionSize: Int
  /// The factor before the attention weights.
  public var attentionScale: AttentionScale
  /// What is minimised.
  public var loss: Loss
  /// Whether the softmax also adds one learned number for each pair of fields (`r`; beyond the paper).
  public var fieldPairPrior: Bool
  /// Whether every pair is multiplied by one learned number for its two fields (`m`; beyond the paper).
  public var fieldPairWeights: Bool
  /// Whether `p` is learned.
  public var outputWeights: OutputWeights
  /// The fields of the schema.
  public var layout: FieldLayout
  /// The seed of every random draw.
  public var seed: UInt64
  /// The standard deviation of a new embedding's coordinates.
  public var embeddingScale: Float
  /// The standard deviation of the first `W` and `h`.
  public var attentionInitialScale: Float
  /// Adagrad's rates.
  public var rates: LearningRates
  /// Where the gradient of an event is taken; batches of more than one event are always `explicit`.
  public var step: Step
  /// Where every Adagrad sum starts; above 0.
  public var initialAccumulator: Float
  /// What is added to the root of the Adagrad sum.
  public var epsilon: Float
  /// The L2 penalties.
  public var regularization: Regularization
  /// The probability that a coordinate of the pooled vector is dropped while learning: 0 up to but not including 1.
  public var dropout: Float
  /// The embedding table's slots, one a feature; rounded up to a power of two.
  public var tableSlots: Int
  /// The features of one event that are used; more are ignored (the encoder refuses such an event before).
  public var maximumFeatures: Int
  /// The pairs of one event that are used.
  public var maximumPairs: Int
  /// How the raw score is calibrated before it is answered; nil for not at all. Log loss only.
  public var calibration: CalibrationSettings?
  /// How what was learned is forgotten with event time; nil for not at all.
  public var forgetting: ForgettingSettings?

  /// Makes a configuration; everything has its default but the fields. Without a `step` it is the best for the loss.
  public init(
    layout: FieldLayout, kind: Kind = .afm, embeddingSize: Int = 16, attentionSize: Int = 16,
    attentionScale: AttentionScale = .pairs, loss: Loss = .logistic, fieldPairPrior: Bool = true,
    fieldPairWeights: Bool = true, outputWeights: OutputWeights = .trainable, seed: UInt64 = 1,
    embeddingScale: Float = 0.1, attentionInitialScale: Float = 0.3, rates: LearningRates = LearningRates(),
    step: Step? = nil, initialAccumulator: Float = 0.3, epsilon: Float = 1e-8,
    regularization: Regularization = Regularization(), dropout: Float = 0, tableSlots: Int = 1 << 20,
    maximumFeatures: Int = 64, maximumPairs: Int = 2016, calibration: CalibrationSettings? = nil,
    forgetting: ForgettingSettings? = nil
  ) {
    self.layout = layout
    self.kind = kind
    self.embeddingSize = embeddingSize
    self.attentionSize = attentionSize
    self.attentionScale = attentionScale
    self.loss = loss
    self.fieldPairPrior = fieldPairPrior
    self.fieldPairWeights = fieldPairWeights
    self.outputWeights = outputWeights
    self.seed = seed
    self.embeddingScale = embeddingScale
    self.attentionInitialScale = attentionInitialScale
    self.rates = rates
    self.step = step ?? Step.best(for: loss)
    self.initialAccumulator = initialAccumulator
    self.epsilon = epsilon
    self.regularization = regularization
    self.dropout = dropout
    self.tableSlots = tableSlots
    self.maximumFeatures = maximumFeatures
    self.maximumPairs = maximumPairs
    self.calibration = calibration
    self.forgetting = forgetting
  }
}

/// Adagrad's rates, one for each group of parameters.
public struct LearningRates: Codable, Equatable, Sendable {
  /// For `w0`.
  public var bias: Float
  /// For `w`.
  public var linear: Float
  /// For `v`.
  public var embedding: Float
  /// For `W`, `b` and `h`.
  public var attention: Float
  /// For `p`.
  public var output: Float
  /// For `r`.
  public var fieldPairs: Float
  /// For `m`.
  public var fieldPairWeights: Float

  /// Makes a set of rates.
  public init(
    bias: Float = 0.2, linear: Float = 0.05, embedding: Float = 0.25, attention: Float = 0.05, output: Float = 0.05,
    fieldPairs: Float = 0.2, fieldPairWeights: Float = 0.1
  ) {
    self.bias = bias
    self.linear = linear
    self.embedding = embedding
    self.attention = attention
    self.output = output
    self.fieldPairs = fieldPairs
    self.fieldPairWeights = fieldPairWeights
  }
}

/// The L2 penalties: `lambda theta^2` adds `2 lambda theta` to a gradient.
public struct Regularization: Codable, Equatable, Sendable {
  /// On `W`, at every event.
  public var projection: Float
  /// On `w`, for the features of the event only.
  public var linear: Float
  /// On `v`, for the features of the event only.
  public var embedding: Float

  /// Makes a set of penalties; by default only a small one on `v`.
  public init(projection: Float = 0, linear: Float = 0, embedding: Float = 0.0003) {
    self.projection = projection
    self.linear = linear
    self.embedding = embedding
  }
}
