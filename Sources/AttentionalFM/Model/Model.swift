import CAFMKernels

/// A model that learns: configuration, event number, embedding table and dense parameters.
///
/// It has one owner at a time, the thread that learns. Scorers on other threads reach it only through `LiveModel`.
public final class Model {
  /// What the model was made with.
  public let configuration: ModelConfiguration

  /// The number of events applied so far; an event that was refused (``LearningOutcome/notFinite``) does not count.
  public package(set) var eventsLearned: UInt64 {
    get { learned }
    set { learned = newValue }
  }

  // Private, so that the compiler sees all accesses and need not check each one.
  private var learned: UInt64 = 0

  /// The features and their rows.
  public let table: EmbeddingTable

  package let dense: DenseParameters

  /// The clock by which it forgets; nil where it forgets nothing.
  var forgetting: ForgettingClock?

  /// Makes a fresh model: an empty table, dense parameters drawn from the seed.
  ///
  /// - Throws: the first of the configuration's problems, or that there is no memory.
  public init(configuration: ModelConfiguration) throws(ModelProblem) {
    if let problem = configuration.problems.first { throw problem }
    self.configuration = configuration
    forgetting = configuration.forgetting.map { ForgettingClock(halfLifeMilliseconds: $0.halfLifeMilliseconds) }
    table = try EmbeddingTable(configuration)
    dense = DenseParameters(configuration)
  }

  /// Copies of the dense parameters with their Adagrad sums.
  public var denseTensors: [NamedTensor] { dense.tensors }

  /// Puts a saved model's dense parameters and event number back; the rows follow with `table.restore(_:)`.
  ///
  /// - Parameters:
  ///   - tensors: the saved dense tensors.
  ///   - saved: the configuration they were saved with. Kind, `k` and `t` must be the same here; fields may come and
  ///     go (the prior `r` is keyed by their names); all else may differ.
  ///   - eventsLearned: the event number they were saved at.
  public func restore(
    dense tensors: [NamedTensor], savedWith saved: ModelConfiguration, eventsLearned: UInt64
  ) throws(ModelProblem) {
    try checkCompatible(with: saved)
    try dense.restore(tensors, savedFields: saved.layout.names, fields: configuration.layout.names)
    self.eventsLearned = eventsLearned
  }

  /// Throws the first setting that keeps a model saved with `saved` from being loaded into this one.
  public func checkCompatible(with saved: ModelConfiguration) throws(ModelProblem) {
    guard saved.kind == configuration.kind else {
      throw .differs(setting: "kind", saved: saved.kind.rawValue, here: configuration.kind.rawValue)
    }
    guard saved.effectiveEmbeddingSize == configuration.effectiveEmbeddingSize else {
      throw .differs(
        setting: "embedding_size", saved: "\(saved.embeddingSize)", here: "\(configuration.embeddingSize)")
    }
    guard saved.effectiveAttentionSize == configuration.effectiveAttentionSize else {
      throw .differs(
        setting: "attention_size", saved: "\(saved.attentionSize)", here: "\(configuration.attentionSize)")
    }
  }
}
