/// A file of `name=value` lines, as Kafka's own tools read: blank lines and lines that begin with `#` count for nothing.
enum PropertiesFile {
  /// The properties, or the number of the first line that is none; a value never appears in a message, since it may be a
  /// secret.
  static func parse(_ bytes: [UInt8]) -> Result<[(name: String, value: String)], LineProblem> {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return .failure(LineProblem(message: "is not UTF-8"))
    }
    var properties: [(name: String, value: String)] = []
    // A line feed and the carriage return before it are one Character, so lines are split by what is a new line.
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let line = trimmed(line)
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard let equals = line.firstIndex(of: "=") else {
        return .failure(LineProblem(message: "line \(index + 1) is not `name=value`"))
      }
      let name = String(trimmed(line[..<equals]))
      guard !name.isEmpty else { return .failure(LineProblem(message: "line \(index + 1) has no name before `=`")) }
      guard !properties.contains(where: { $0.name == name }) else {
        return .failure(LineProblem(message: "line \(index + 1) names `\(name)` a second time"))
      }
      properties.append((name, String(trimmed(line[line.index(after: equals)...]))))
    }
    return .success(properties)
  }

  struct LineProblem: Error {
    let message: String
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    var text = text.drop(while: isBlank)
    while let last = text.last, isBlank(last) { text.removeLast() }
    return text
  }
}
