/// Which model an answer comes from, and how fresh it is; part of every prediction's answer.
public struct ModelAnswer: Codable, Equatable, Sendable {
  /// The model's name.
  public var name: String
  /// The snapshot it descends from; absent before the first.
  public var lineage: UInt64?
  /// Events it had learned when the answer was made.
  public var eventsLearned: UInt64
  /// The clock less the event time of the newest event it learned, seconds; absent where events carry no time.
  public var stalenessSeconds: Double?
  /// True where scores only say which of two is the greater: the model learned from sampled negatives. Absent where it
  /// did not.
  public var relative: Bool?
}

/// What `ModelAnswer` is written from, without making one.
public struct ModelIdentity: Sendable {
  /// The model's name.
  public var name: String
  /// The snapshot it descends from; nil before the first.
  public var lineage: UInt64?
  /// Events it had learned when the answer was made.
  public var eventsLearned: UInt64
  /// The clock less the event time of the newest event learned, milliseconds; nil where events carry no time.
  public var stalenessMilliseconds: Int64?
  /// Whether scores only say which of two is the greater.
  public var isRelative: Bool

  /// Makes an identity.
  public init(
    name: String, lineage: UInt64?, eventsLearned: UInt64, stalenessMilliseconds: Int64?, isRelative: Bool = false
  ) {
    self.name = name
    self.lineage = lineage
    self.eventsLearned = eventsLearned
    self.stalenessMilliseconds = stalenessMilliseconds
    self.isRelative = isRelative
  }

  /// Writes it as the last member of an answer, and closes that.
  func close(_ text: inout JSONText) {
    text.append(",\"model\":")
    write(to: &text)
    text.append("}")
  }

  /// Writes it as a JSON object.
  public func write(to text: inout JSONText) {
    text.append("{\"name\":")
    text.append(string: name)
    text.append(",\"lineage\":")
    if let lineage { text.append(lineage) } else { text.append("null") }
    text.append(",\"events_learned\":")
    text.append(eventsLearned)
    text.append(",\"staleness_seconds\":")
    if let stalenessMilliseconds { text.append(milliseconds: stalenessMilliseconds) } else { text.append("null") }
    text.append(isRelative ? ",\"relative\":true}" : "}")
  }
}
