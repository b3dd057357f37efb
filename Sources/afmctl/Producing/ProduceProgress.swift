import Foundation
import Glibc

/// What a run of `afmctl produce` has done so far.
struct ProduceCounts: Codable, Equatable {
  /// Records given to the producer.
  var sent: UInt64 = 0
  /// Records that the broker acknowledged.
  var delivered: UInt64 = 0
  /// Records that were given up.
  var failed: UInt64 = 0
  /// Seconds from the first to the last.
  var seconds: Double = 0
}

/// A line on the terminal that shows how far it is; nothing where standard error is none.
struct ProduceProgress {
  private let isShown = isatty(STDERR_FILENO) == 1
  private var last = ProduceCounts()

  /// Shows the counts, at most twice a second.
  mutating func show(_ counts: ProduceCounts) {
    guard isShown, counts.seconds - last.seconds >= 0.5 else { return }
    printError("\r" + Self.text(counts, since: last) + "\u{1B}[K")
    last = counts
  }

  /// Removes the line.
  func clear() {
    if isShown, last.sent > 0 { printError("\r\u{1B}[K") }
  }

  static func text(_ counts: ProduceCounts, since last: ProduceCounts) -> String {
    let rate = Double(counts.delivered &- last.delivered) / max(0.001, counts.seconds - last.seconds)
    return "\(HumanText.count(counts.sent)) sent  \(HumanText.count(counts.delivered)) delivered  "
      + "\(HumanText.count(counts.failed)) failed  \(HumanText.count(Int(min(rate, 1e15).rounded())))/s"
  }

  /// The last word, for people.
  static func summary(_ counts: ProduceCounts, topic: String) -> String {
    var text = "\(HumanText.counted(counts.delivered, "record")) delivered to \(topic)"
    if counts.failed > 0 { text += ", \(HumanText.count(counts.failed)) failed" }
    text += " in \(HumanText.duration(seconds: counts.seconds))"
    if counts.seconds > 0.05 {
      text += " (\(HumanText.count(Int(min(Double(counts.delivered) / counts.seconds, 1e15).rounded())))/s)"
    }
    return text + "\n"
  }
}
