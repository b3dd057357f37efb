/// The answer of `POST /v1/score`.
public struct ScoreAnswer: Codable, Equatable, Sendable {
  /// One prediction for each instance, in their order.
  public var predictions: [PredictionAnswer]
  /// The model that made them.
  public var model: ModelAnswer
}

/// One prediction.
public struct PredictionAnswer: Codable, Equatable, Sendable {
  /// What is predicted: the probability of label 1 for log loss (in the stream with its sampled negatives, where they are
  /// sampled), the number itself for squared loss, the raw score for the ranking loss. Absent where the model's numbers
  /// have run away and are not finite.
  public var score: Double?
  /// The raw score: log-odds for log loss, the number itself for squared loss.
  public var raw: Float?
  /// Features of the instance that the model does not know; they took no part.
  public var unknown: Int
}

/// Writes the answer of `POST /v1/score` piece by piece, without making one.
public enum ScoreWriter {
  /// Opens the answer.
  public static func begin(_ text: inout JSONText) {
    text.append("{\"predictions\":[")
  }

  /// Writes one prediction; `index` is its position among them.
  public static func append(index: Int, score: Double, raw: Float, unknown: Int, to text: inout JSONText) {
    if index > 0 { text.append(",") }
    text.append("{\"score\":")
    text.append(score)
    text.append(",\"raw\":")
    text.append(raw)
    text.append(",\"unknown\":")
    text.append(Int64(unknown))
    text.append("}")
  }

  /// Closes the answer.
  public static func end(model: ModelIdentity, _ text: inout JSONText) {
    text.append("]")
    model.close(&text)
  }
}
