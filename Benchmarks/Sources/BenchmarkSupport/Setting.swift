/// One key below `learning` and its value, as a settings file has them: `rates.embedding` and `0.2`.
public struct Setting: Equatable, Sendable, CustomStringConvertible {
  /// The keys that lead to it, joined by dots.
  public let key: String
  /// Its value as YAML.
  public let value: String

  /// Makes a setting.
  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }

  /// The setting as a command line has it.
  public var description: String { "\(key)=\(value)" }

  /// The settings as a YAML mapping in one line; a later value of a key goes before an earlier one.
  public static func mapping(_ settings: [Setting]) -> String {
    var sections: [(name: String, settings: [Setting])] = []
    for setting in settings {
      let parts = setting.key.split(separator: ".", maxSplits: 1)
      let name = parts.count == 2 ? String(parts[0]) : ""
      let inner = Setting(key: String(parts.last ?? ""), value: setting.value)
      if let index = sections.firstIndex(where: { $0.name == name }) {
        sections[index].settings.removeAll { $0.key == inner.key }
        sections[index].settings.append(inner)
      } else {
        sections.append((name, [inner]))
      }
    }
    let entries = sections.flatMap { section in
      let pairs = section.settings.map { "\($0.key): \($0.value)" }
      return section.name.isEmpty ? pairs : ["\(section.name): {\(pairs.joined(separator: ", "))}"]
    }
    return "{\(entries.joined(separator: ", "))}"
  }
}
