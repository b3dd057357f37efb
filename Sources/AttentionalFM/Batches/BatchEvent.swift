/// One event of a mini-batch.
public struct BatchEvent: Equatable, Sendable {
  /// Where its features stand in the list that is given with it: each feature once, as the encoder gives them.
  public var features: Range<Int>
  /// The label.
  public var label: Float
  /// The importance weight, finite and at least 0.
  public var importance: Float
  /// What is added to the raw score before it is held against the label; see `OnlineLearner.step`.
  public var offset: Float
  /// The event's time, milliseconds since 1970, where it tells one; only a model that forgets looks at it.
  public var time: Int64?

  /// Makes an event of its parts.
  public init(features: Range<Int>, label: Float, importance: Float = 1, offset: Float = 0, time: Int64? = nil) {
    self.features = features
    self.label = label
    self.importance = importance
    self.offset = offset
    self.time = time
  }
}
