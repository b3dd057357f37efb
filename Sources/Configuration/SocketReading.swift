import YAML

extension SocketsSettings {
  static func read(_ section: YAMLSection, isKafka: Bool) -> SocketsSettings {
    let settings = SocketsSettings(
      score: section.section("score") { SocketSettings.read($0, name: "score", mode: "0660") },
      control: section.section("control") { SocketSettings.read($0, name: "control", mode: "0600") },
      eventLoops: section.integer("event_loops", default: 1, in: 1...256),
      limits: section.section("limits", ClientLimits.read),
      readyMaximumLag: section.section("ready") { ready in
        let lag = ready.optionalDuration(
          "maximum_lag", default: nil, atLeast: .seconds(10), atMost: .seconds(365 * 86_400))
        if lag != nil, !isKafka {
          ready.problem("maximum_lag", "needs `source.kind: kafka`, whose records say when they were written")
        }
        return lag
      })
    if settings.score.path == settings.control.path {
      section.problem("control", "has the same path as `sockets.score`; operators and applications need two sockets")
    }
    return settings
  }
}

extension SocketSettings {
  /// What `sockaddr_un` takes, without the zero byte at the end.
  static let longestPath = 107

  static func read(_ section: YAMLSection, name: String, mode standard: String) -> SocketSettings {
    let path = section.text("path", default: "${RUNTIME_DIRECTORY:-/run/afmd}/\(name).sock")
    if path.isEmpty || path.utf8.count > longestPath {
      section.problem("path", "must have 1 to \(longestPath) bytes (a limit of Unix sockets), not \(path.utf8.count)")
    }
    let written = section.text("mode", default: standard)
    let mode = (3...4).contains(written.utf8.count) ? UInt32(written, radix: 8) : nil
    if mode.map({ $0 > 0o777 }) ?? true {
      section.problem("mode", "must be permissions in octal, such as 0660, not `\(written)`")
    }
    return SocketSettings(
      path: path, mode: mode ?? 0o600, owner: section.optionalText("owner"), group: section.optionalText("group"))
  }
}

extension ClientLimits {
  static func read(_ section: YAMLSection) -> ClientLimits {
    ClientLimits(
      bodyBytes: section.size("body", default: 1 << 20, in: 1024...(256 << 20)),
      instances: section.integer("instances", default: 1000, in: 1...1_000_000),
      candidates: section.integer("candidates", default: 1000, in: 1...1_000_000),
      connections: section.integer("connections", default: 1024, in: 1...100_000),
      idleTimeout: section.duration(
        "idle_timeout", default: .seconds(60), atLeast: .seconds(1), atMost: .seconds(86_400))
    )
  }
}
