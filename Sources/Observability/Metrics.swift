import Threads

/// The registry of a process's metrics and their Prometheus text.
///
/// Instruments are registered once, at start, under full names (`afm_events_learned_total`); registering the same name
/// and labels again gives the same instrument. Base units are seconds and bytes; counters end in `_total`.
public final class Metrics: Sendable {
  /// The labels of an instrument, in the order written.
  public typealias Labels = KeyValuePairs<String, String>

  enum Reading: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(DurationHistogram)
    case number(@Sendable () -> Double?)
    case count(@Sendable () -> UInt64)
    case numbers(@Sendable () -> [LabeledNumber])
  }

  /// A number of a family whose labels are not known beforehand.
  public struct LabeledNumber: Sendable {
    let labels: String
    let value: Double

    /// Makes a number with labels of its own, beside those that the whole registry carries.
    public init(_ labels: Labels, _ value: Double) {
      precondition(labels.allSatisfy { PrometheusText.isName($0.key) }, "not a label's name")
      self.labels = PrometheusText.labels(labels.map { (key: $0.key, value: $0.value) })
      self.value = value
    }
  }

  struct Series: Sendable {
    let labels: String
    let reading: Reading
  }

  struct Family: Sendable {
    let name: String
    let kind: String
    let help: String
    var series: [Series]
  }

  private let constantLabels: [(key: String, value: String)]
  private let families = Lock<[Family]>([])

  /// Makes an empty registry whose instruments all carry `labels`, usually `["model": "main"]`.
  public init(labels: Labels = [:]) {
    constantLabels = labels.map { (key: $0.key, value: $0.value) }
  }

  /// Registers a counter.
  public func counter(_ name: String, _ help: String, _ labels: Labels = [:]) -> Counter {
    precondition(name.hasSuffix("_total"), "a counter's name ends in _total: \(name)")
    let reading = register(name, "counter", help, labels) { .counter(Counter()) }
    guard case .counter(let counter) = reading else { preconditionFailure("\(name) is registered otherwise") }
    return counter
  }

  /// Registers a counter that is read when the metrics are asked for, by any thread.
  public func counter(
    _ name: String, _ help: String, _ labels: Labels = [:], reading: @escaping @Sendable () -> UInt64
  ) {
    precondition(name.hasSuffix("_total"), "a counter's name ends in _total: \(name)")
    _ = register(name, "counter", help, labels) { .count(reading) }
  }

  /// Registers a counter of seconds that is read when the metrics are asked for, by any thread.
  public func counterOfSeconds(
    _ name: String, _ help: String, _ labels: Labels = [:], reading: @escaping @Sendable () -> Double?
  ) {
    precondition(name.hasSuffix("_seconds_total"), "a counter of seconds ends in _seconds_total: \(name)")
    _ = register(name, "counter", help, labels) { .number(reading) }
  }

  /// Registers a gauge.
  public func gauge(_ name: String, _ help: String, _ labels: Labels = [:]) -> Gauge {
    let reading = register(name, "gauge", help, labels) { .gauge(Gauge()) }
    guard case .gauge(let gauge) = reading else { preconditionFailure("\(name) is registered otherwise") }
    return gauge
  }

  /// Registers a gauge that is read when the metrics are asked for, by any thread; nil leaves its line out.
  public func gauge(
    _ name: String, _ help: String, _ labels: Labels = [:], reading: @escaping @Sendable () -> Double?
  ) {
    _ = register(name, "gauge", help, labels) { .number(reading) }
  }

  /// Registers gauges of which the labels are known only when the metrics are asked for, by any thread.
  public func gauges(_ name: String, _ help: String, reading: @escaping @Sendable () -> [LabeledNumber]) {
    _ = register(name, "gauge", help, [:]) { .numbers(reading) }
  }

  /// Registers a histogram of durations; its name ends in `_seconds`.
  public func histogram(_ name: String, _ help: String, _ labels: Labels = [:]) -> DurationHistogram {
    precondition(name.hasSuffix("_seconds"), "a histogram counts durations, its name ends in _seconds: \(name)")
    let reading = register(name, "histogram", help, labels) { .histogram(DurationHistogram()) }
    guard case .histogram(let histogram) = reading else { preconditionFailure("\(name) is registered otherwise") }
    return histogram
  }

  /// All metrics in the Prometheus text format, version 0.0.4.
  public func text() -> String {
    var text = ""
    // Readings are taken outside the lock: a closure may well register something.
    for family in families.withLock({ $0 }) { PrometheusText.append(family, to: &text) }
    return text
  }

  /// What `text()` is served as.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private func register(
    _ name: String, _ kind: String, _ help: String, _ labels: Labels, _ make: () -> Reading
  ) -> Reading {
    precondition(PrometheusText.isName(name), "not a metric's name: \(name)")
    precondition(labels.allSatisfy { PrometheusText.isName($0.key) }, "not a label's name in \(name)")
    // The process_ metrics are the process's, not a model's: their standard form has no labels.
    let constant = name.hasPrefix("process_") ? [] : constantLabels
    let written = PrometheusText.labels(constant + labels.map { (key: $0.key, value: $0.value) })
    return families.withLock { families in
      let place: Int
      if let known = families.firstIndex(where: { $0.name == name }) {
        precondition(families[known].kind == kind, "\(name) is a \(families[known].kind)")
        place = known
      } else {
        families.append(Family(name: name, kind: kind, help: help, series: []))
        place = families.count - 1
      }
      if let series = families[place].series.first(where: { $0.labels == written }) { return series.reading }
      let reading = make()
      families[place].series.append(Series(labels: written, reading: reading))
      return reading
    }
  }
}
