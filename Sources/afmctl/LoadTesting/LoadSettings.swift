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
    rate = try Self.rate(try Self.given("rate", arguments.value("rate")))
    spacing = try Self.given("spacing", arguments.value("spacing").flatMap { .init(rawValue: $0) })
    pipeline = try Self.given("pipeline", arguments.integer("pipeline"))
    connections = try Self.given("connections", arguments.integer("connections"))
    duration = try Self.nanoseconds("duration", arguments, atLeast: 1)
    warmUp = try Self.nanoseconds("warm-up", arguments, atLeast: 0)
    instancesPerRequest = try Self.given("instances-per-request", arguments.integer("instances-per-request"))
    spoken = try Self.given("protocol", arguments.value("protocol").flatMap { .init(rawValue: $0) })
    file = arguments.value("file")
    configuration = arguments.value("config")
    if (file == nil) == (configuration == nil) {
      throw Failure(
        .usage, "what is to be scored? Give --file FILE with events, one JSON object a line, or else --config FILE")
    }
  }

  /// An option that the command's declaration has a default for; it is the one place where defaults stand.
  private static func given<Value>(_ name: String, _ value: Value?) throws(Failure) -> Value {
    guard let value else { throw Failure(.internalError, "--\(name) has no default: give it") }
    return value
  }

  private static func rate(_ text: String) throws(Failure) -> Double? {
    if text == "max" { return nil }
    guard let rate = YAMLScalars.number(text), rate > 0, rate <= 10_000_000 else {
      throw Failure(.usage, "--rate takes requests a second, up to 10 million, or 'max', not '\(text)'")
    }
    return rate
  }

  private static func nanoseconds(_ name: String, _ arguments: Arguments, atLeast: Int64) throws(Failure) -> UInt64 {
    let text = try given(name, arguments.value(name))
    guard let duration = text == "0" ? .zero : YAMLScalars.duration(text) else {
      throw Failure(.usage, "--\(name) takes a time such as 500ms, 30s or 2m, not '\(text)'")
    }
    let (seconds, attoseconds) = duration.components
    let nanoseconds = seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    guard nanoseconds >= atLeast, seconds <= 86_400 else {
      throw Failure(.usage, "--\(name) is \(atLeast > 0 ? "more than nothing and " : "")at most a day, not '\(text)'")
    }
    return UInt64(nanoseconds)
  }
}
