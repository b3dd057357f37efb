import FeatureEncoding
import YAML

extension SourceSettings {
  private enum Kind: String, CaseIterable {
    case kafka
    case file
    case standardInput = "stdin"
  }

  /// Nil only where a problem was found. The settings of every kind are read, so that they are checked also while
  /// another kind is in use; only what the chosen kind needs must be there.
  static func read(_ section: YAMLSection, modelName: String) -> SourceSettings? {
    let kind = section.choice("kind", default: Kind.kafka)
    let format = section.choice("format", default: RecordFormat.json)
    let missing = section.choice("on_missing_position", default: MissingPosition.stop)
    let kafka = section.section("kafka") {
      KafkaSettings.read($0, isNeeded: kind == .kafka, modelName: modelName)
    }
    let file = section.section("file") { file -> FileSettings? in
      let why = "the path of the file to read, since source.kind is file"
      let path = kind == .file ? file.requiredText("path", why: why) : file.optionalText("path")
      let follow = file.boolean("follow", default: false)
      let start = StartPosition.read(file, "start_from", isFile: true)
      let quiet = file.duration("quiet", default: .seconds(5), atLeast: .zero, atMost: .seconds(86_400))
      return path.map { FileSettings(path: $0, follow: follow, startFrom: start, quiet: quiet) }
    }
    let place: Place? =
      switch kind {
      case .kafka: kafka.map(Place.kafka)
      case .file: file.map(Place.file)
      case .standardInput: .standardInput
      }
    return place.map { SourceSettings(place: $0, format: format, onMissingPosition: missing) }
  }
}

extension StartPosition {
  static func read(_ section: YAMLSection, _ key: String, isFile: Bool) -> StartPosition {
    let text = section.text(key, default: "earliest")
    let position = StartPosition(text: text)
    switch position {
    case .earliest?, .latest?: break
    case .offsets(let offsets)? where isFile && Array(offsets.keys) != [0]: return refused()
    case .time? where isFile, nil: return refused()
    case .time?, .offsets?: break
    }
    return position ?? .earliest

    func refused() -> StartPosition {
      let wanted = isFile ? "earliest, latest, or the number of the byte at which a line begins" : Self.wanted
      section.problem(key, "is `\(text)`; it must be \(wanted)")
      return .earliest
    }
  }
}

extension KafkaSettings {
  static func read(_ section: YAMLSection, isNeeded: Bool, modelName: String) -> KafkaSettings? {
    let servers =
      isNeeded
      ? section.requiredText("bootstrap", why: "the brokers to ask first, such as host:9092")
      : section.optionalText("bootstrap")
    let topic =
      isNeeded ? section.requiredText("topic", why: "the topic with the events") : section.optionalText("topic")
    let deadLetterTopic = section.optionalText("dead_letter_topic")
    if let deadLetterTopic, deadLetterTopic == topic {
      section.problem("dead_letter_topic", "is the topic that is read; every unusable record would come back for ever")
    }
    let isolation = section.choice("isolation", default: Isolation.committed)
    let group = section.text("group", default: "afmd-\(modelName)")
    let startFrom = StartPosition.read(section, "start_from", isFile: false)
    let refresh = section.duration(
      "partition_refresh", default: .seconds(30), atLeast: .milliseconds(100), atMost: .seconds(86_400))
    let commit = section.optionalDuration(
      "commit_interval", default: .seconds(5), atLeast: .milliseconds(100), atMost: .seconds(86_400))
    let timeout = section.duration(
      "start_timeout", default: .seconds(15), atLeast: .seconds(1), atMost: .seconds(3600))
    var properties = readProperties(section, isNeeded: isNeeded)
    properties["bootstrap.servers"] = servers
    properties["group.id"] = group
    properties["isolation.level"] = isolation.rawValue
    guard servers != nil, let topic else { return nil }
    return KafkaSettings(
      topic: topic, deadLetterTopic: deadLetterTopic, startFrom: startFrom, partitionRefresh: refresh,
      commitInterval: commit, startTimeout: timeout, properties: properties)
  }

  private static func readProperties(_ section: YAMLSection, isNeeded: Bool) -> [String: String] {
    var properties: [String: String] = [:]
    for (name, value) in section.texts("properties", isSecret: isSecret) {
      if let owner = owner(of: name) { section.problem("properties", "has `\(name)`; \(owner)") }
      properties[name] = value
    }
    guard let path = section.optionalText("properties_file"), isNeeded else { return properties }
    let bytes: [UInt8]
    do {
      bytes = try SmallFile.read(path, limit: 1 << 20)
    } catch {
      section.problem("properties_file", "\(error.message)")
      return properties
    }
    switch PropertiesFile.parse(bytes) {
    case .failure(let problem): section.problem("properties_file", "names \(path), which \(problem.message)")
    case .success(let found):
      for (name, value) in found {
        if let owner = owner(of: name) {
          section.problem("properties_file", "names \(path), which has `\(name)`; \(owner)")
        }
        if properties[name] != nil {
          section.problem("properties_file", "names \(path), which has `\(name)`, and so has `properties`")
        }
        properties[name] = value
      }
    }
    return properties
  }

  /// Whether a property's value must not be shown.
  static func isSecret(_ name: String) -> Bool {
    ["password", "secret", "token", "key.pem", "credentials", "oauthbearer.config"].contains { name.contains($0) }
  }

  /// Who decides a property, where it is not the settings' writer under this name.
  private static func owner(of name: String) -> String? {
    switch name {
    case "bootstrap.servers", "metadata.broker.list": "that is `source.kafka.bootstrap`"
    case "group.id": "that is `source.kafka.group`"
    case "isolation.level": "that is `source.kafka.isolation`"
    case "auto.offset.reset": "that is `source.kafka.start_from` and `source.on_missing_position`"
    case "enable.auto.commit", "enable.auto.offset.store", "auto.commit.enable", "auto.commit.interval.ms":
      "positions live in the snapshots; what lag tools see is `source.kafka.commit_interval`"
    default: nil
    }
  }
}
