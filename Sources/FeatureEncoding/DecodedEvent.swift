import Features

/// What one record says beside its features.
public struct DecodedEvent: Equatable, Sendable {
  /// The label: 0 or 1 with the binary mapping, else the number.
  public var label: Float

  /// The importance weight, finite and at least 0; 1 where the event has none.
  public var importance: Float

  /// The event's time in milliseconds since 1970-01-01T00:00:00Z, where it is mapped and present.
  public var eventTime: Int64?

  /// When the label became known, in milliseconds since 1970-01-01T00:00:00Z, where that is mapped and present.
  public var labelTime: Int64?

  /// The raw score that was served for the event, where it is mapped and present.
  public var servedScore: Float?

  /// The fraction of negative events like this one that its producer kept, above 0 and at most 1; 1 where it kept all.
  public var keptFraction: Double

  /// Where the event's features stand in the array they were appended to.
  public var features: Range<Int>

  /// Makes an event of its parts.
  public init(
    label: Float, importance: Float = 1, eventTime: Int64? = nil, labelTime: Int64? = nil, servedScore: Float? = nil,
    keptFraction: Double = 1, features: Range<Int>
  ) {
    self.label = label
    self.importance = importance
    self.eventTime = eventTime
    self.labelTime = labelTime
    self.servedScore = servedScore
    self.keptFraction = keptFraction
    self.features = features
  }
}

/// How one feature of an event came about, for people who ask.
public struct DescribedFeature: Equatable, Sendable {
  /// The name of its field.
  public var field: String

  /// The canonical text of the value that names it; for a numeric feature, which the field alone names, the text of
  /// the number before its transform; for a cross the texts of its parts joined by `*`.
  public var text: String

  /// The feature itself: hash, x and field.
  public var feature: Feature

  /// Makes a description of its parts.
  public init(field: String, text: String, feature: Feature) {
    self.field = field
    self.text = text
    self.feature = feature
  }
}
