/// What learning minimises for one event, times the event's importance.
public enum Loss: String, Codable, Sendable, CaseIterable {
  /// `(y - t)^2`.
  case squared
  /// `log(1 + e^y) - t y` with `t` 0 or 1; the raw score `y` is the log-odds.
  case logistic = "log"
  /// `log(1 + e^-(y+ - y-))` of a positive event and a negative one that was drawn for it (`RankingLearner`): only the
  /// order of raw scores has a meaning. What is said here of one score is said of that difference, with the label 1.
  case ranking
  /// `max(0, 1 - t y)^2` with `t` -1 or 1: the squared error, but nothing is learned from a score beyond its label.
  case squaredHinge = "squared_hinge"

  /// The number `t` that a label stands for: for log loss the label held to 0...1 (so -1 means 0), for the squared hinge
  /// 1 for labels above 0 and else -1, for squared error the label.
  public func target(_ label: Float) -> Float {
    switch self {
    case .squared: label
    case .logistic, .ranking: min(max(label, 0), 1)
    case .squaredHinge: label > 0 ? 1 : -1
    }
  }

  /// Whether it is judged by the squared error of what is predicted.
  public var isSquaredError: Bool { self == .squared || self == .squaredHinge }

  /// What a raw score predicts: the probability of label 1 for log loss, the score held to -1...1 for the squared hinge,
  /// the score itself for squared error.
  public func predicted(raw: Float) -> Double {
    switch self {
    case .squared, .ranking: Double(raw)
    case .logistic: PortableMath.sigmoid(Double(raw))
    case .squaredHinge: min(max(Double(raw), -1), 1)
    }
  }

  /// The loss of a raw score against a label, without importance and without penalties.
  public func value(raw: Float, label: Float) -> Double {
    let y = Double(raw)
    let t = Double(target(label))
    switch self {
    case .squared: return (y - t) * (y - t)
    case .logistic, .ranking: return PortableMath.softplus(y) - t * y
    case .squaredHinge:
      let short = max(0, 1 - t * y)
      return short * short
    }
  }

  /// dL/dy, times the importance.
  public func gradient(raw: Float, label: Float, importance: Float) -> Float {
    gradient(raw: raw, label: label, importance: importance, tail: tail(raw: raw))
  }

  /// `e^-|raw|` but for squared errors, of which gradient, loss and probability are all made; 0 for squared errors.
  public func tail(raw: Float) -> Double {
    isSquaredError ? 0 : PortableMath.exp(-Double(raw).magnitude)
  }

  func gradient(raw: Float, label: Float, importance: Float, tail: Double) -> Float {
    let y = Double(raw)
    let t = Double(target(label))
    switch self {
    case .squared: return Float(2 * Double(importance) * (y - t))
    case .squaredHinge:
      // A label that is no number would pass for -1, and nothing else here would tell.
      guard label.isFinite, importance.isFinite else { return .nan }
      return t * y >= 1 ? 0 : Float(2 * Double(importance) * (y - t))
    case .logistic, .ranking:
      // (1 - t) sigmoid(y) - t sigmoid(-y): no cancellation where the model is right.
      let greater = 1 / (1 + tail)
      let lesser = tail / (1 + tail)
      return Float(
        Double(importance) * ((1 - t) * (y >= 0 ? greater : lesser) - t * (y >= 0 ? lesser : greater)))
    }
  }
}
