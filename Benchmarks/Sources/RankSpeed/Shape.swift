/// How many categorical fields are the context's and the candidates', and their values.
struct Shape: CustomStringConvertible {
  let context: Int
  let candidate: Int

  /// Candidates of one request.
  static let candidates = 500
  /// Different contexts and different candidates there are.
  static let contexts = 50
  static let items = 5_000

  var description: String { "\(context) and \(candidate) fields" }

  /// The names of all fields.
  var fields: [String] {
    (0..<context).map { "context_\($0)" } + (0..<candidate).map { "candidate_\($0)" }
  }

  /// The members of a context, without braces.
  func contextMembers(_ number: Int) -> String {
    members("context", context, of: number % Self.contexts)
  }

  /// The members of a candidate, without braces.
  func candidateMembers(_ number: Int) -> String {
    members("candidate", candidate, of: number % Self.items)
  }

  /// One event for each candidate, in all contexts in turn, so that a model that learned them knows every feature.
  var events: String {
    var text = ""
    for number in 0..<Self.items {
      let label = Self.mixed(number &* 31) % 3 == 0 ? 1 : 0
      text += "{\(contextMembers(number)),\(candidateMembers(number)),\"label\":\(label)}\n"
    }
    return text
  }

  /// The first field names the thing itself, the others have fewer and fewer values.
  private func members(_ name: String, _ count: Int, of number: Int) -> String {
    (0..<count).map { field in
      let value = field == 0 ? number : Self.mixed(number &* 64 &+ field) % (2_000 / field)
      return "\"\(name)_\(field)\":\"v\(value)\""
    }.joined(separator: ",")
  }

  private static func mixed(_ number: Int) -> Int {
    var z = UInt64(truncatingIfNeeded: number) &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) >> 2)
  }
}
