import BenchmarkSupport
import Foundation

/// The fields of a flight.
enum FlightFields {
  /// The nine categorical ones that every rival is given too.
  case nine
  /// With visibility, precipitation and wind in buckets.
  case weather

  /// The features of a schema, as YAML.
  fileprivate var text: String {
    let nine = FlightsSettings.features
    let weather = """
          - {name: visibility, path: weather.visibility, kind: numeric, transform: buckets, boundaries: [1, 3, 6, 9]}
          - {name: precipitation, path: weather.precipitation, kind: numeric, transform: buckets, \
      boundaries: [0.001, 0.02, 0.1]}
          - {name: wind, path: weather.wind_speed, kind: numeric, transform: bucket_width, width: 5}
      """
    return self == .nine ? nine : nine + "\n" + weather
  }
}

/// One pass of a daemon over the flights: the release build, from a file, as it would learn them from a topic.
struct FlightsPass {
  private let flights: FlightFiles
  private let settings: [Setting]
  private let fields: FlightFields
  private let crosses: [[String]]

  /// Prepares a pass.
  ///
  /// - Parameters:
  ///   - flights: the data.
  ///   - settings: keys below `learning`.
  ///   - fields: which fields are features.
  ///   - crosses: fields combined.
  ///   - seed: `learning.seed`.
  init(_ flights: FlightFiles, _ settings: [Setting], fields: FlightFields, crosses: [[String]], seed: Int) {
    self.flights = flights
    self.settings = [Setting(key: "seed", value: String(seed))] + settings
    self.fields = fields
    self.crosses = crosses
  }

  /// Learns all flights; gives the mean log loss of the predictions made before each was learned.
  func run(labels: Request.Labels) throws -> Double {
    let folder = DaemonProcess.temporaryFolder()
    let daemon = try DaemonProcess(folder: folder, settings: text(folder: folder, labels))
    defer { daemon.end() }
    while true {
      let status = try daemon.ask("{\"op\":\"status\"}")
      if try number("records.read", in: status) >= Double(flights.count) {
        return try number("progressive.whole_run.loss", in: status)
      }
      usleep(20_000)
    }
  }

  private func number(_ path: String, in status: [String: Any]) throws -> Double {
    var value: Any? = status
    for step in path.split(separator: ".") { value = (value as? [String: Any])?[String(step)] }
    guard let number = value as? NSNumber else { throw BenchmarkProblem("the status has no number \(path)") }
    return number.doubleValue
  }

  private func text(folder: String, _ labels: Request.Labels) -> String {
    """
    state_directory: \(folder)/state
    source: {kind: file, file: {path: \(flights.path)}}
    schema:
      time: {path: time}
      \(labels == .delayed ? "label: {time: {path: \(FlightFiles.labelTime), format: milliseconds}}" : "")
      features:
    \(fields.text)
      crosses: [\(crosses.map { "[\($0.joined(separator: ", "))]" }.joined(separator: ", "))]
    learning: \(Setting.mapping(settings))
    snapshots: {every: null}
    threads: {learner_nice: 0, ingest_nice: 0}
    sockets:
      score: {path: \(folder)/score.sock}
      control: {path: \(folder)/control.sock}
    """
  }
}
