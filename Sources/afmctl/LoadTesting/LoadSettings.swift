import CommandTable
import LoadGeneration
import YAML

/// What `afmctl bench` was told.
struct LoadSettings {
  /// Requests a second; nil for as many as the daemon answers.
  var rate: Double?
  /// How arrivals are spaced.
  var spacing: ArrivalSchedule.Spacing
  /// Requests under way on each connection where there is no rate.
  var pipeline: Int
  /// Connections.
  var connections: Int
  /// Nanoseconds that are measured.
  var duration: UInt64
  /// Nanoseconds before that.
  var warmUp: UInt64
  /// Instances in each request.
  var instancesPerRequest: Int
  /// Lines or HTTP.
  var spoken: LoadProtocol
  /// A file of instances.
  var file: String?
  /// A file of settings whose schema instances are drawn for.
  var configuration: String?

  /// Reads the options of the command.
  init(_ arguments: Arguments) throws(Failure) {
    rate = try Self.rate(arguments.value("rate") ?? "")
    spacing = arguments.value("spacing").flatMap { .init(rawValue: $0) } ?? .poisson
    pipeline = arguments.integer("pipeline") ?? 16
    connections = arguments.integer("connections") ?? 1
    duration = try Self.nanoseconds("duration", arguments, atLeast: 1)
    warmUp = try Self.nanoseconds("warm-up", arguments, atLeast: 0)
    instancesPerRequest = arguments.integer("instances-per-request") ?? 1
    spoken = arguments.value("protocol").flatMap { .init(rawValue: $0) } ?? .lines
    file = arguments.value("file")
    configuration = arguments.value("config")
    if (file == nil) == (configuration == nil) {
      throw Failure(
        .usage, "what is to be scored? Give --file FILE with events, one JSON object a line, or else --config FILE")
    }
  }

  private static func rate(_ text: String) throws(Failure) -> Double? {
    if text == "max" { return nil }
    guard let rate = YAMLScalars.number(text), rate > 0, rate <= 10_000_000 else {
      throw Failure(.usage, "--rate takes requests a second, up to 10 million, or 'max', not '\(text)'")
    }
    return rate
  }

  private static func nanoseconds(_ name: String, _ arguments: Arguments, atLeast: Int64) throws(Failure) -> UInt64 {
    let text = arguments.value(name) ?? ""
    guard let duration = text == "0" ? .zero : YAMLScalars.duration(text) else {
      throw Failure(.usage, "--\(name) takes a time such as 500ms, 30s or 2m, not '\(text)'")
    }
    let (seconds, attoseconds) = duration.components
    let nanoseconds = seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    guard nanoseconds >= atLeast, seconds <= 86_400 else {
      throw Failure(.usage, "--\(name) is at most a day and not nothing, not '\(text)'")
    }
    return UInt64(nanoseconds)
  }
}
