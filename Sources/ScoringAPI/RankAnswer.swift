/// The answer of `POST /v1/rank`.
public struct RankAnswer: Codable, Equatable, Sendable {
  /// The candidates, the best first: by the model's own raw score, before any calibration; of equal ones the one given
  /// first; those whose score is not finite come last.
  public var candidates: [RankedCandidateAnswer]
  /// The model that ranked them.
  public var model: ModelAnswer
}

/// One candidate of a ranking.
public struct RankedCandidateAnswer: Codable, Equatable, Sendable {
  /// Its position among the candidates given, counted from 0.
  public var position: Int
  /// What is predicted for the candidate together with the context, as scoring gives it. Absent where the model's
  /// numbers have run away and are not finite.
  public var score: Double?
  /// The raw score: log-odds for log loss, the number itself for squared loss.
  public var raw: Float?
  /// Features of the context and of the candidate that the model does not know; they took no part.
  public var unknown: Int
}

/// Writes the answer of `POST /v1/rank` piece by piece, without making one.
public enum RankWriter {
  /// Opens the answer.
  public static func begin(_ text: inout JSONText) {
    text.append("{\"candidates\":[")
  }

  /// Writes one candidate; `index` is its place in the answer, `position` the one it was given at.
  public static func append(
    index: Int, position: Int, score: Double, raw: Float, unknown: Int, to text: inout JSONText
  ) {
    if index > 0 { text.append(",") }
    text.append("{\"position\":")
    text.append(Int64(position))
    text.append(",\"score\":")
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
