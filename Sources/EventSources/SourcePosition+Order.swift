/// Which of two positions comes later, and whether they can be compared at all.
extension SourcePosition {
  /// Which source the offsets belong to: the identity alone would not tell a file's successor, whose first bytes may be
  /// known only in part, nor a topic that was made anew.
  public var sourceName: String {
    let number = predecessors ?? 0
    switch kind {
    case .kafka: return number == 0 ? identity : "\(identity)#\(number)"
    case .file:
      // What is known of a short file changes as it grows; and an older version did not count files.
      let isKnown = FileIdentity(text: identity)?.bytes == FileIdentity.length
      return isKnown ? "file \(number) \(identity)" : "file \(number)"
    case .stdin: return "stdin"
    }
  }

  /// Whether two names of `sourceName` may be one source's: a cluster that did not tell its id may be any, and so may a
  /// file of which too little is known.
  public static func isSameSource(_ name: String, _ other: String) -> Bool {
    let parts = (name.split(separator: " "), other.split(separator: " "))
    if parts.0.first == "file", parts.1.first == "file" { return zip(parts.0, parts.1).allSatisfy { $0 == $1 } }
    return name == other || KafkaStart.mayBeSame(name, other)
  }

  /// Whether the offsets of both belong to one source, so that they can be compared.
  public func isOfSameSource(as other: SourcePosition) -> Bool {
    kind == other.kind && Self.isSameSource(sourceName, other.sourceName)
  }

  /// Whether this position is in a source that was read after the other's: a file that followed it, the topic of the
  /// same name that was made anew.
  public func isInSuccessor(of other: SourcePosition) -> Bool {
    guard kind == other.kind, predecessors ?? 0 > other.predecessors ?? 0 else { return false }
    return kind == .file || (kind == .kafka && Self.isSameSource(identity, other.identity))
  }

  /// Takes note that reading went on in another source, of which the offsets are from now on.
  ///
  /// - Parameters:
  ///   - newest: of all positions that are known, the one in the newest source. It may be in a newer source than this one,
  ///     which was rewound: then that is the source that was found.
  ///   - topicID: the id of the topic that was found, where Kafka tells one.
  public mutating func enterSuccessor(newest: SourcePosition? = nil, topicID: String? = nil) {
    let next = (predecessors ?? 0) &+ 1
    predecessors = max(next, newest?.number(ofTopic: topicID) ?? 0)
  }

  /// Takes note that reading goes on in the present topic, whichever it was when the position was saved: it has no record
  /// that a start could compare, and Kafka tells no ids.
  ///
  /// - Parameter newest: of all positions that are known, the one in the newest source.
  public mutating func enterPresentTopic(newest: SourcePosition) {
    let number = newest.number(ofTopic: topicID)
    if number > predecessors ?? 0 { predecessors = number }
  }

  /// Of positions that are known, the one in the newest source that this one may be in: a file, or a topic of the same
  /// name and cluster.
  public func newestSource(of positions: [SourcePosition]) -> SourcePosition? {
    positions.filter { other in
      other.kind == kind && (kind != .kafka || Self.isSameSource(identity, other.identity))
    }.max { $0.predecessors ?? 0 < $1.predecessors ?? 0 }
  }

  /// The number of a topic that was found: that of this position, unless their ids differ.
  private func number(ofTopic found: String?) -> UInt64 {
    let isAnother = topicID != nil && found != nil && topicID != found
    return (predecessors ?? 0) &+ (isAnother ? 1 : 0)
  }

  /// Whether a start could compare nothing of the position with the topic that it found.
  ///
  /// - Parameter topicID: the id of the topic that was found, where Kafka tells one.
  public func holdsNothingToCompare(withTopic topicID: String?) -> Bool {
    kind == .kafka && (self.topicID == nil || topicID == nil)
      && partitions.allSatisfy { $0.lastRecord == nil && $0.lastChecked == nil }
  }
}

extension SourcePosition? {
  /// Whether reading goes on at the same offsets of the same source, whatever was counted.
  public func standsAt(_ other: SourcePosition?) -> Bool {
    guard let self, let other else { return self == nil && other == nil }
    return self.isOfSameSource(as: other) && self.partitions.map(\.partition) == other.partitions.map(\.partition)
      && self.partitions.map(\.nextOffset) == other.partitions.map(\.nextOffset)
  }
}
