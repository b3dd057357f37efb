/// One feature field of the schema: where its value is found and how it becomes features.
public struct FieldDefinition: Codable, Equatable, Sendable {
  /// The field's name: part of the hash of its features, and the key of its field pairs in snapshots.
  public var name: String

  /// The dotted path of its value in the event (`JSONPath`); the name itself unless given.
  public var path: String

  /// How the value becomes features.
  public var kind: FieldKind

  /// Makes a definition; without a path the value is found under the name.
  public init(name: String, path: String? = nil, kind: FieldKind = .categorical) {
    self.name = name
    self.path = path ?? name
    self.kind = kind
  }
}

/// How the value of a field becomes features.
public enum FieldKind: Codable, Equatable, Sendable {
  /// One feature with x = 1, named by the value's canonical text. Strings, numbers and booleans.
  case categorical

  /// One feature for each element of an array, named by the element's canonical text; `pairs` says whether two
  /// elements of one list form a pair. A single value counts as a list of one.
  case list(scaling: ListScaling = .squareRoot, pairs: Bool = true)

  /// One feature named by the field alone, whose x is the transformed number, limited to `-clip...clip` (nil: as it
  /// is). With a transform that makes the number categorical (`buckets`, `bucketWidth`) the feature is named by the
  /// bucket, x is 1 and the clip has no meaning.
  case numeric(transform: NumericTransform = .identity, clip: Double? = FieldKind.defaultClip)

  /// One categorical feature with x = 1 taken from a time; `zone` nil means the offset the time was written in (UTC
  /// for numbers).
  case time(part: TimePart, format: TimeFormat = .rfc3339, zone: TimeZoneName? = nil)

  /// The clip of a numeric field unless another is configured.
  public static let defaultClip = 5.0
}

/// What the x of a list's features is.
public enum ListScaling: String, Codable, Sendable, CaseIterable {
  /// x = 1.
  case none
  /// x = 1 / sqrt(number of elements).
  case squareRoot = "sqrt"
  /// x = 1 / number of elements.
  case mean
}

/// How a number becomes the x of its feature, or the bucket that names it.
public enum NumericTransform: Codable, Equatable, Sendable {
  /// The number itself.
  case identity
  /// log(1 + number); the number must be greater than -1.
  case log1p
  /// (number - mean) / scale.
  case standardize(mean: Double, scale: Double)
  /// Categorical: how many of the ascending boundaries are at most the number (0 ... count).
  case buckets(boundaries: [Double])
  /// Categorical: floor(number / width).
  case bucketWidth(Double)

  /// Whether the transform makes the number categorical.
  public var isCategorical: Bool {
    switch self {
    case .buckets, .bucketWidth: true
    case .identity, .log1p, .standardize: false
    }
  }
}

/// A part of a time; its canonical text is in parentheses.
public enum TimePart: String, Codable, Sendable, CaseIterable {
  /// The calendar date (`2013-01-31`).
  case date
  /// The month (`1` ... `12`).
  case month
  /// The day of the week as in ISO 8601 (`1` Monday ... `7` Sunday).
  case dayOfWeek = "day_of_week"
  /// The hour of the day (`0` ... `23`).
  case hour
}

/// How a time is written.
public enum TimeFormat: String, Codable, Sendable, CaseIterable {
  /// A string such as `2013-01-01T05:15:00-05:00` (RFC 3339).
  case rfc3339
  /// A number of seconds since 1970-01-01T00:00:00Z.
  case seconds
  /// A number of milliseconds since 1970-01-01T00:00:00Z.
  case milliseconds

  /// The format in words, for messages.
  var explanation: String {
    switch self {
    case .rfc3339: "time such as 2013-01-31T05:15:00-05:00 (RFC 3339)"
    case .seconds: "number of seconds since 1970 within the years 0000 to 9999"
    case .milliseconds: "number of milliseconds since 1970 within the years 0000 to 9999"
    }
  }
}

/// The name of a fixed zone: `UTC`, an offset such as `+05:30`, or an IANA name such as `Europe/Berlin`.
public struct TimeZoneName: Codable, Equatable, Hashable, Sendable {
  /// The name as it is written.
  public var name: String

  /// Makes a name; `Schema.validate` says whether there is such a zone.
  public init(_ name: String) {
    self.name = name
  }

  /// Reads the bare name.
  public init(from decoder: any Decoder) throws {
    name = try decoder.singleValueContainer().decode(String.self)
  }

  /// Writes the bare name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}

/// A field that stands for the combination of several categorical fields; absent if any of them is.
public struct CrossDefinition: Codable, Equatable, Sendable {
  /// The field's name: part of the hash of its features, and the key of its field pairs in snapshots.
  public var name: String

  /// The names of the fields that are crossed, in order: two or more, categorical, not lists.
  public var fields: [String]

  /// Makes a cross; without a name the names of its fields are joined by `*`.
  public init(name: String? = nil, fields: [String]) {
    self.name = name ?? fields.joined(separator: "*")
    self.fields = fields
  }
}
