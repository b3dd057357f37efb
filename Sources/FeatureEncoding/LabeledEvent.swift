import Features
import JSONReading

extension FeatureEncoder {
  /// Decodes a labeled event that has been read already, and appends its features.
  ///
  /// - Throws: why the event cannot be used; then `features` is unchanged.
  public func decode(_ root: JSONValue, into features: inout [Feature]) throws(RejectedRecord) -> DecodedEvent {
    guard root.kind == .object else { throw RejectedRecord(.notAnObject, "an event is a JSON object") }
    event &+= 1
    paths.find(in: root)
    let label = try label(of: root)
    let importance = try importance(of: root)
    let eventTime = try eventTime(of: root)
    let servedScore = try servedScore(of: root)
    return DecodedEvent(
      label: label, importance: importance, eventTime: eventTime, servedScore: servedScore,
      features: try encodeFound(root, into: &features))
  }

  private func label(of root: JSONValue) throws(RejectedRecord) -> Float {
    guard let value = paths.value(special.label, of: root) else {
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

  private func importance(of root: JSONValue) throws(RejectedRecord) -> Float {
    guard special.importance >= 0, let value = paths.value(special.importance, of: root) else { return 1 }
    guard let number = value.double, number >= 0, Float(number).isFinite else {
      throw RejectedRecord(
        .badImportance, field: schema.importance, "an importance weight is a finite number of at least 0")
    }
    return Float(number)
  }

  private func eventTime(of root: JSONValue) throws(RejectedRecord) -> Int64? {
    guard special.time >= 0, let value = paths.value(timeSources[special.time].slot, of: root) else { return nil }
    guard let time = timeSources[special.time].read(value, event: event) else {
      throw RejectedRecord(
        .badTime, field: schema.time?.path, "the value is no \(timeSources[special.time].format.explanation)")
    }
    return time.milliseconds
  }

  private func servedScore(of root: JSONValue) throws(RejectedRecord) -> Float? {
    guard special.servedScore >= 0, let value = paths.value(special.servedScore, of: root) else { return nil }
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
