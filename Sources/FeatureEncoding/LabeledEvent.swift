import Features
import JSONReading

extension FeatureEncoder {
  /// Decodes a labeled event that has been read already, and appends its features.
  ///
  /// - Throws: why the event cannot be used; then `features` is unchanged.
  public func decode(_ root: JSONValue, into features: inout [Feature]) throws(RejectedRecord) -> DecodedEvent {
    guard root.kind == .object else { throw FeatureEncoder.notAnObject }
    selection.find(in: root)
    return try decodeFound(into: &features)
  }

  /// Decodes what the selection has found in a labeled event.
  func decodeFound(into features: inout [Feature]) throws(RejectedRecord) -> DecodedEvent {
    begin()
    let label = try foundLabel()
    let importance = try foundImportance()
    let eventTime = try foundTime(special.time, schema.time)
    let labelTime = try foundTime(special.labelTime, schema.label.time)
    let servedScore = try foundServedScore()
    return DecodedEvent(
      label: label, importance: importance, eventTime: eventTime, labelTime: labelTime,
      servedScore: servedScore, keptFraction: try foundKeptFraction(),
      features: try encodeFound(into: &features))
  }

  @inline(__always) private func foundLabel() throws(RejectedRecord) -> Float {
    guard let value = selection.value(special.label) else {
      if let assumed = schema.label.assumed { return assumed }
      throw RejectedRecord(.noLabel, field: schema.label.path, "the label is missing or null")
    }
    if schema.label.mapping == .binary, let bool = value.bool { return bool ? 1 : 0 }
    guard let number = value.double else {
      throw RejectedRecord(.badLabel, field: schema.label.path, schema.label.mapping.explanation)
    }
    return try label(number)
  }

  /// The label that a number means.
  func label(_ number: Double) throws(RejectedRecord) -> Float {
    switch schema.label.mapping {
    case .binary:
      if number == 1 { return 1 }
      if number == 0 || number == -1 { return 0 }
      throw RejectedRecord(.badLabel, field: schema.label.path, schema.label.mapping.explanation)
    case .number:
      let label = Float(number)
      guard label.isFinite else {
        throw RejectedRecord(.notFinite, field: schema.label.path, "the label is beyond the largest float")
      }
      return label
    }
  }

  @inline(__always) private func foundImportance() throws(RejectedRecord) -> Float {
    guard special.importance >= 0, let value = selection.value(special.importance) else { return 1 }
    guard let number = value.double, number >= 0, Float(number).isFinite else {
      throw RejectedRecord(
        .badImportance, field: schema.importance, "an importance weight is a finite number of at least 0")
    }
    return Float(number)
  }

  /// The event's or the label's time, in milliseconds since 1970.
  @inline(__always) private func foundTime(
    _ source: Int, _ definition: @autoclosure () -> TimeDefinition?
  ) throws(RejectedRecord) -> Int64? {
    guard source >= 0, let value = selection.value(timeSources[source].slot) else { return nil }
    guard timeSources[source].read(value, event: event) else {
      throw RejectedRecord(
        .badTime, field: definition()?.path, "the value is no \(timeSources[source].format.explanation)")
    }
    return timeSources[source].time.milliseconds
  }

  @inline(__always) private func foundKeptFraction() throws(RejectedRecord) -> Double {
    guard special.keptFraction >= 0, let value = selection.value(special.keptFraction) else { return keptOtherwise }
    guard let number = value.double, number > 0, number <= 1 else {
      throw RejectedRecord(
        .badField, field: schema.keptFraction?.path, "a kept fraction is a number above 0 and at most 1")
    }
    return number
  }

  @inline(__always) private func foundServedScore() throws(RejectedRecord) -> Float? {
    guard special.servedScore >= 0, let value = selection.value(special.servedScore) else { return nil }
    guard let number = value.double, Float(number).isFinite else {
      throw RejectedRecord(.badServedScore, field: schema.servedScore, "a served score is a finite number")
    }
    return Float(number)
  }
}

extension LabelMapping {
  /// What a label may be, in words.
  var explanation: String {
    switch self {
    case .binary: "a label is 0, 1, -1, true or false"
    case .number: "a label is a number"
    }
  }
}
