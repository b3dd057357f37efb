/// Why a record cannot be used; the raw value is the label of the metric that counts it.
public enum RejectionReason: String, Codable, Sendable, CaseIterable {
  /// The record is empty or white space (a libfm line: also one that holds only a comment).
  case empty
  /// The record is longer than `limits.maximumRecordBytes`.
  case recordTooLarge = "record_too_large"
  /// The record is not valid UTF-8.
  case invalidUTF8 = "invalid_utf8"
  /// The record nests deeper than `limits.maximumDepth`.
  case tooDeep = "too_deep"
  /// The record breaks JSON's grammar.
  case badJSON = "bad_json"
  /// The record is JSON, but not an object.
  case notAnObject = "not_an_object"
  /// The record breaks the grammar of libfm lines.
  case badLine = "bad_line"
  /// A number is not finite (`NaN`, `1e400`), or its transform is not.
  case notFinite = "not_finite"
  /// A whole number is beyond 64 bits.
  case integerTooLarge = "integer_too_large"
  /// The label is missing or null.
  case noLabel = "no_label"
  /// The label is not one that the mapping knows.
  case badLabel = "bad_label"
  /// The importance weight is not a finite number of at least 0.
  case badImportance = "bad_importance"
  /// The event time is not a time in the configured format.
  case badTime = "bad_time"
  /// The served score is not a finite number.
  case badServedScore = "bad_served_score"
  /// A field's value has a type its definition cannot use.
  case badField = "bad_field"
  /// A feature's |x| is over `limits.maximumMagnitude`.
  case valueTooLarge = "value_too_large"
  /// The event has more features than `limits.maximumFeatures`.
  case tooManyFeatures = "too_many_features"
  /// The event has more feature pairs than `limits.maximumPairs`.
  case tooManyPairs = "too_many_pairs"
  /// There was no memory to read the record.
  case noMemory = "no_memory"
}

/// A record or instance that cannot be used: the reason it is counted under, the place, and a sentence for a person.
public struct RejectedRecord: Error, Equatable, Sendable, CustomStringConvertible {
  /// The reason, also the metric's label.
  public var reason: RejectionReason

  /// The dotted path of the value at fault, or the name of the feature field; nil where the record as a whole is.
  public var field: String?

  /// What was found and what is allowed.
  public var detail: String

  /// Makes a rejection of its parts.
  public init(_ reason: RejectionReason, field: String? = nil, _ detail: String) {
    self.reason = reason
    self.field = field
    self.detail = detail
  }

  /// The reason, the field and the detail in one line.
  public var description: String {
    "\(reason.rawValue): \(field.map { "\($0): " } ?? "")\(detail)"
  }
}
