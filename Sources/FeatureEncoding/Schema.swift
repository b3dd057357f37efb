import Features

/// How an event becomes features, a label and what else the learner needs of it.
public struct Schema: Codable, Equatable, Sendable {
  /// How the label is found and read.
  public var label: LabelDefinition

  /// The path of the importance weight, a finite number of at least 0 (1 where it is missing or null).
  public var importance: String?

  /// Where the event's time is found.
  public var time: TimeDefinition?

  /// The path of the raw score that was served for this event, a finite number.
  public var servedScore: String?

  /// Where events say how many of their kind were kept, where the producer thinned the negative ones.
  public var keptFraction: KeptFraction?

  /// The feature fields, in the order of their features.
  public var features: [FieldDefinition]

  /// The crosses; their fields follow those of `features`.
  public var crosses: [CrossDefinition]

  /// The seed of every feature's hash.
  public var seed: UInt64

  /// What is too much.
  public var limits: EncodingLimits

  /// Makes a schema; `validate()` says what is wrong with it.
  public init(
    label: LabelDefinition = LabelDefinition(), importance: String? = nil, time: TimeDefinition? = nil,
    servedScore: String? = nil, keptFraction: KeptFraction? = nil, features: [FieldDefinition],
    crosses: [CrossDefinition] = [], seed: UInt64 = 0,
    limits: EncodingLimits = EncodingLimits()
  ) {
    self.label = label
    self.importance = importance
    self.time = time
    self.servedScore = servedScore
    self.keptFraction = keptFraction
    self.features = features
    self.crosses = crosses
    self.seed = seed
    self.limits = limits
  }

  /// The fields as the model sees them: those of `features`, then those of `crosses`.
  public var layout: FieldLayout {
    FieldLayout(
      names: features.map(\.name) + crosses.map(\.name),
      formsPairsWithinItself: features.map { field in
        if case .list(_, let pairs) = field.kind { return pairs }
        return true
      } + crosses.map { _ in true })
  }
}

/// How the label of an event is found and read.
public struct LabelDefinition: Codable, Equatable, Sendable {
  /// The dotted path of the label.
  public var path: String

  /// How it is read.
  public var mapping: LabelMapping

  /// Where the moment is found at which the label became known, in events that carry it; needs the event's time.
  public var time: TimeDefinition?

  /// The label of an event that has none, 0 or 1; nil where such an event cannot be used.
  public var assumed: Float?

  /// Makes a definition.
  public init(
    path: String = "label", mapping: LabelMapping = .binary, time: TimeDefinition? = nil, assumed: Float? = nil
  ) {
    self.path = path
    self.mapping = mapping
    self.time = time
    self.assumed = assumed
  }
}

/// How a producer thinned negative events before they were logged: of those like an event the fraction f was kept, above
/// 0 and at most 1. Positive events are all kept, and say the f that would have held for them.
public struct KeptFraction: Codable, Equatable, Sendable {
  /// The dotted path of f; nil where no event says it.
  public var path: String?

  /// The f of an event that does not say it.
  public var otherwise: Double

  /// Makes a definition.
  public init(path: String? = nil, otherwise: Double = 1) {
    self.path = path
    self.otherwise = otherwise
  }
}

/// How a label is read.
public enum LabelMapping: String, Codable, Sendable, CaseIterable {
  /// For log loss: 1 and `true` are 1; 0, -1 and `false` are 0; nothing else is a label.
  case binary
  /// For squared error: any finite number (beyond the range of a float: `not_finite`).
  case number
}

/// Where a time is found and how it is written.
public struct TimeDefinition: Codable, Equatable, Sendable {
  /// The dotted path of the time.
  public var path: String

  /// How it is written.
  public var format: TimeFormat

  /// Makes a definition.
  public init(path: String, format: TimeFormat = .rfc3339) {
    self.path = path
    self.format = format
  }
}

/// What is too much for one record.
public struct EncodingLimits: Codable, Equatable, Sendable {
  /// The longest record, in bytes.
  public var maximumRecordBytes: Int

  /// The deepest nesting of a JSON record.
  public var maximumDepth: Int

  /// The most features of one event, after equal ones have become one.
  public var maximumFeatures: Int

  /// The most feature pairs of one event.
  public var maximumPairs: Int

  /// The largest |x| of a feature.
  public var maximumMagnitude: Double

  /// Makes limits; 64 features have 2,016 pairs.
  public init(
    maximumRecordBytes: Int = 1 << 20, maximumDepth: Int = 32, maximumFeatures: Int = 64, maximumPairs: Int = 2_016,
    maximumMagnitude: Double = 1_000_000
  ) {
    self.maximumRecordBytes = maximumRecordBytes
    self.maximumDepth = maximumDepth
    self.maximumFeatures = maximumFeatures
    self.maximumPairs = maximumPairs
    self.maximumMagnitude = maximumMagnitude
  }
}
