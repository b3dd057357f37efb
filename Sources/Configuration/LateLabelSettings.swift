import FeatureEncoding
import YAML

/// How long events wait for their labels, and how many may.
public struct LateLabelSettings: Equatable, Sendable {
  /// How long after an event its label is known, where the event does not say when itself; nil where it is known at once.
  public var delay: Duration?
  /// How many events may wait at a time.
  public var waitingEvents: Int
}

extension LateLabelSettings {
  static func read(_ section: YAMLSection, schema: Schema, format: RecordFormat) -> LateLabelSettings {
    let delay = section.optionalDuration(
      "label_delay", default: nil, atLeast: .milliseconds(1), atMost: .seconds(366 * 86_400))
    if delay != nil, schema.time == nil {
      section.problem(
        "label_delay",
        "needs `schema.time.path`: what waits is learned when the times of events have passed its label's")
    } else if delay != nil, format == .libfm {
      section.problem("label_delay", "has no meaning for libfm lines, which carry no times")
    }
    let waiting = section.integer("waiting_events", default: 1_000_000, in: 1...100_000_000)
    return LateLabelSettings(delay: delay, waitingEvents: waiting)
  }
}
