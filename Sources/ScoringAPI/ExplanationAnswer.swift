/// The answer of `POST /v1/explain`: bias, terms, pairs and calibration sum to the raw score, within 1e-6 x max(1, sum of
/// |term|).
public struct ExplanationAnswer: Codable, Equatable, Sendable {
  /// What is predicted, exactly as scoring gives it.
  public var score: Double?
  /// The raw score, bit for bit as scoring gives it.
  public var raw: Float?
  /// The model's bias.
  public var bias: Double?
  /// What the calibration adds to the model's own raw score; absent where none is configured.
  public var calibration: Double?
  /// The sum of bias, terms, pairs and calibration, in double precision.
  public var sum: Double?
  /// The instance's features, known or not, in their order.
  public var terms: [TermAnswer]
  /// The pairs of known features.
  public var pairs: [PairAnswer]
  /// Features of the instance that the model does not know; they took no part.
  public var unknown: Int
  /// The model that made it.
  public var model: ModelAnswer
}

/// One feature of an explanation.
public struct TermAnswer: Codable, Equatable, Sendable {
  /// The field's name.
  public var field: String
  /// The value's canonical text.
  public var value: String
  /// The feature's hash, 16 hexadecimal digits.
  public var hash: String
  /// The feature's x.
  public var x: Float
  /// Whether the model knows it.
  public var known: Bool
  /// What the feature adds by itself; 0 where the model does not know it.
  public var term: Double?
}

/// One pair of an explanation.
public struct PairAnswer: Codable, Equatable, Sendable {
  /// The first feature, as a position in `terms`.
  public var a: Int
  /// The second feature, as a position in `terms`.
  public var b: Int
  /// The pair's attention weight; those of an instance sum to one (all are 1 where the model has no attention).
  public var attention: Float?
  /// The learned weight of the pair's fields, which multiplies the term; absent where the model has none.
  public var fieldPairWeight: Float?
  /// What the pair adds.
  public var term: Double?
}

/// The answer of `POST /v1/encode`.
public struct EncodingAnswer: Codable, Equatable, Sendable {
  /// The instance's features, in their order.
  public var features: [EncodedFeatureAnswer]
  /// The model that knows them or not.
  public var model: ModelAnswer
}

/// One feature of an encoded instance.
public struct EncodedFeatureAnswer: Codable, Equatable, Sendable {
  /// The field's name.
  public var field: String
  /// The value's canonical text.
  public var value: String
  /// The feature's hash, 16 hexadecimal digits.
  public var hash: String
  /// The feature's x.
  public var x: Float
  /// Whether the model knows it.
  public var known: Bool
}

/// The answers of `GET /health/live` and `GET /health/ready`.
public struct HealthAnswer: Codable, Equatable, Sendable {
  /// `ok`.
  public var status: String

  /// Makes an answer.
  public init(status: String = "ok") {
    self.status = status
  }
}
