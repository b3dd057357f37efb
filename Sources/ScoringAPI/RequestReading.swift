import JSONReading

/// Reads the bodies of requests out of parsed JSON: HTTP bodies, and lines, which add `op` and `id` to the same body.
///
/// A member that nobody asked for is refused: it is a misspelt one more often than not, and a request that is
/// half understood is worse than one that is refused.
public enum RequestReading {
  /// Checks that the value is an object whose members are among those allowed.
  public static func check(_ root: JSONValue, allows names: [StaticString], isLine: Bool) throws(Problem) {
    guard let members = root.members else { throw .badRequest("the request is not a JSON object") }
    for member in members {
      if isLine, matches(member, "op") || matches(member, "id") { continue }
      if names.contains(where: { matches(member, $0) }) { continue }
      let known = names.map { "\($0)" }.joined(separator: ", ")
      throw .badRequest(
        "\(member.key) is not a member of this request; "
          + (known.isEmpty ? "it takes none" : "it takes \(known)"), field: member.key)
    }
  }

  /// The name of the model that the request asks for; nil where it asks for none.
  public static func model(_ root: JSONValue) throws(Problem) -> String? {
    guard let value = root.member("model"), !value.isNull else { return nil }
    guard let name = value.string else { throw .badRequest("model is not a string", field: "model") }
    return name
  }

  /// The instances of a request to score.
  public static func instances(_ root: JSONValue) throws(Problem) -> JSONElements {
    guard let value = root.member("instances") else {
      throw .badRequest("instances is missing: an array of objects, one for each event to score", field: "instances")
    }
    guard let elements = value.elements else { throw .badRequest("instances is not an array", field: "instances") }
    return elements
  }

  /// The parts of a request to rank: the context, the candidates, and how many of the best are asked for; nil for all.
  public static func ranking(
    _ root: JSONValue
  ) throws(Problem) -> (context: JSONValue, candidates: JSONElements, top: Int?) {
    guard let context = root.member("context") else {
      throw .badRequest("context is missing: an object with the fields that all candidates share", field: "context")
    }
    guard let value = root.member("candidates") else {
      throw .badRequest("candidates is missing: an array of objects, one for each candidate", field: "candidates")
    }
    guard let candidates = value.elements else { throw .badRequest("candidates is not an array", field: "candidates") }
    guard let top = root.member("top"), !top.isNull else { return (context, candidates, nil) }
    guard let count = top.uint64, count > 0 else {
      throw .badRequest("top is not a whole number of at least 1", field: "top")
    }
    return (context, candidates, Int(clamping: count))
  }

  /// The one instance of a request to explain or encode: `instance`, or the only element of `instances`.
  ///
  /// - Returns: the instance, and its path for problems.
  public static func instance(_ root: JSONValue) throws(Problem) -> (value: JSONValue, path: String) {
    if let value = root.member("instance") { return (value, "instance") }
    guard root.member("instances") != nil else {
      throw .badRequest("instance is missing: the object that describes the event", field: "instance")
    }
    var elements = try instances(root)
    guard let first = elements.next(), elements.next() == nil else {
      throw .badRequest("this takes one instance at a time", field: "instances")
    }
    return (first, "instances[0]")
  }

  /// The snapshot that a line or a rollback names.
  public static func snapshot(_ root: JSONValue) throws(Problem) -> UInt64 {
    guard let value = root.member("snapshot") else {
      throw .badRequest("snapshot is missing: the snapshot's number", field: "snapshot")
    }
    guard let id = value.uint64 else { throw .badRequest("snapshot is not a snapshot's number", field: "snapshot") }
    return id
  }

  /// The body of a request to take a snapshot; nil where there is none.
  public static func takeSnapshot(_ root: JSONValue?) throws(Problem) -> SnapshotRequest {
    guard let value = root?.member("full"), !value.isNull else { return SnapshotRequest() }
    guard let full = value.bool else { throw .badRequest("full is not true or false", field: "full") }
    return SnapshotRequest(full: full)
  }

  /// The body of a rollback.
  public static func rollback(_ root: JSONValue) throws(Problem) -> RollbackRequest {
    guard let position = try choice(RollbackMode.self, "position", root) else {
      throw .badRequest(
        "position is missing: keep (skip what was learned since the snapshot) or rewind (learn it again)",
        field: "position")
    }
    return RollbackRequest(snapshot: try snapshot(root), position: position)
  }

  /// The body of a change of learning.
  public static func learning(_ root: JSONValue) throws(Problem) -> LearningRequest {
    guard let state = try choice(LearningMode.self, "state", root), state != .stopped else {
      throw .badRequest("state is to be running or paused", field: "state")
    }
    let position = try text("position", root)
    guard position == nil || state == .running else {
      throw .badRequest("a position is chosen when learning resumes, not when it pauses", field: "position")
    }
    return LearningRequest(state: state, position: position)
  }

  private static func text(_ name: String, _ root: JSONValue) throws(Problem) -> String? {
    guard let value = root.member(name), !value.isNull else { return nil }
    guard let text = value.string else { throw .badRequest("\(name) is not a string", field: name) }
    return text
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(
    _ type: Choice.Type, _ name: String, _ root: JSONValue
  ) throws(Problem) -> Choice? where Choice.RawValue == String {
    guard let value = root.member(name), !value.isNull else { return nil }
    guard let text = value.string, let choice = Choice(rawValue: text) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw .badRequest("\(name) is not one of \(known)", field: name)
    }
    return choice
  }

  private static func matches(_ member: JSONMember, _ name: StaticString) -> Bool {
    member.hasKey(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
  }
}
