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
  ///   - newest: the position that counts the most sources of all that snapshots hold. After a rewind it may count more
  ///     than this one does: then the source that was found is the newest one, unless the ids of the topics differ.
  ///   - topicID: the id of the topic that was found, where Kafka tells one.
  public mutating func enterSuccessor(newest: SourcePosition? = nil, topicID: String? = nil) {
    let next = (predecessors ?? 0) &+ 1
    guard let newest, let number = newest.predecessors, number >= next else { return predecessors = next }
    let isAnother = newest.topicID != nil && topicID != nil && newest.topicID != topicID
    predecessors = isAnother ? number &+ 1 : number
  }

  /// How many sources were read before the one that a rewind to this position reads.
  ///
  /// A Kafka position without a record, of a topic without an id, tells a start nothing that it could compare: it goes
  /// on in whichever topic has the name now. Such a position takes the count of the present one.
  ///
  /// - Parameters:
  ///   - present: where reading stands.
  ///   - isInAnother: whether a start found that the present position's topic is another one by now.
  public func predecessors(rewoundFrom present: SourcePosition?, isInAnother: Bool) -> UInt64? {
    guard let present, kind == .kafka, present.kind == .kafka, Self.isSameSource(identity, present.identity),
      topicID == nil || present.topicID == nil,
      partitions.allSatisfy({ $0.lastRecord == nil && $0.lastChecked == nil })
    else { return predecessors }
    let count = (present.predecessors ?? 0) &+ (isInAnother ? 1 : 0)
    return count > predecessors ?? 0 ? count : predecessors
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
