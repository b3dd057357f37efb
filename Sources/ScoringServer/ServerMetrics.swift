import Glibc
import Observability
import ScoringAPI

/// What the server counts. A class, so that it is handed around without counting references to everything in it.
final class ServerMetrics: Sendable {
  /// What became of a request, as a metric's label.
  enum Outcome: Int, CaseIterable {
    case ok, clientError, serverError

    init(status: Int) {
      switch status {
      case ..<400: self = .ok
      case ..<500: self = .clientError
      default: self = .serverError
      }
    }

    var label: String {
      switch self {
      case .ok: return "ok"
      case .clientError: return "client_error"
      case .serverError: return "server_error"
      }
    }
  }

  private struct Verb {
    let requests: [Counter]
    let seconds: DurationHistogram
  }

  /// By far the most frequent one, found without a dictionary.
  private let score: Verb
  private let others: [Endpoint: Verb]
  private let none: Verb
  let connections: Gauge
  let connectionsTotal: Counter
  let connectionsShed: Counter
  let connectionProblems: Counter
  let idleClosed: Counter
  let bytesReceived: Counter
  let bytesSent: Counter
  let instances: Counter
  let unknownFeatures: Counter

  init(_ metrics: Metrics) {
    func verb(_ name: String) -> Verb {
      Verb(
        requests: Outcome.allCases.map { outcome in
          metrics.counter(
            "afm_requests_total", "Requests answered, by verb and outcome.",
            ["verb": name, "outcome": outcome.label])
        },
        seconds: metrics.histogram(
          "afm_request_seconds", "Time from a request's last byte to its answer, by verb.", ["verb": name]))
    }
    score = verb(Endpoint.score.rawValue)
    others = Dictionary(uniqueKeysWithValues: Endpoint.allCases.filter { $0 != .score }.map { ($0, verb($0.rawValue)) })
    none = verb("other")
    connections = metrics.gauge("afm_connections", "Connections that are open.")
    connectionsTotal = metrics.counter("afm_connections_total", "Connections that were accepted.")
    connectionsShed = metrics.counter(
      "afm_connections_shed_total", "Connections that were turned away because there were too many.")
    connectionProblems = metrics.counter(
      "afm_connection_problems_total", "Connections that could not be accepted or that failed.")
    idleClosed = metrics.counter("afm_connections_idle_closed_total", "Connections that were closed for idling.")
    bytesReceived = metrics.counter("afm_received_bytes_total", "Bytes received on the sockets.")
    bytesSent = metrics.counter("afm_sent_bytes_total", "Bytes sent on the sockets.")
    instances = metrics.counter("afm_instances_scored_total", "Instances that were scored, ranked or explained.")
    unknownFeatures = metrics.counter(
      "afm_scored_unknown_features_total", "Features of scored instances that the model did not know.")
  }

  func record(_ endpoint: Endpoint?, status: Int, since started: UInt64) {
    let verb: Verb
    switch endpoint {
    case .score?: verb = score
    case let endpoint?: verb = others[endpoint] ?? none
    case nil: verb = none
    }
    verb.requests[Outcome(status: status).rawValue].add()
    verb.seconds.record(nanoseconds: monotonicNanoseconds() &- started)
  }
}

/// The monotonic clock, nanoseconds.
func monotonicNanoseconds() -> UInt64 {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
}
