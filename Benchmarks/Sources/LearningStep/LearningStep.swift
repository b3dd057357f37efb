import AttentionalFM
import BenchmarkSupport
import Foundation

/// What the whole learning step of an event of ten features costs, and its parts, in processor time.
@main
struct LearningStep {
  private static let events = 4096

  static func main() {
    do {
      try run()
    } catch {
      try? FileHandle.standardError.write(contentsOf: Data("LearningStep: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    var figures = Figures("LearningStep")
    let streams = [
      EventStream("warm", count: events, distinct: 5_000, isSkewed: false),
      EventStream("Zipf", count: events * 4, distinct: 734_000, isSkewed: true),
      EventStream("cold", count: events * 16, distinct: 734_000, isSkewed: false),
    ]
    var table = Table(
      "ns an event", "step", "load", "forward", "backward, Adagrad", "publish rows", "publish dense", "record",
      "publishing %", "score")
    for (kind, size) in [(ModelConfiguration.Kind.afm, 16), (.fm, 16), (.linear, 16), (.afm, 256)] {
      for stream in streams where size == 16 || stream.name == "warm" {
        let name = kind == .linear ? "linear, \(stream.name)" : "\(kind.rawValue) k = t = \(size), \(stream.name)"
        let parts = try Parts(stream, kind: kind, size: size)
        table.add(
          name, text(parts.step), text(parts.load), text(parts.forward), text(parts.backward), text(parts.publishRows),
          text(parts.publishDense), text(parts.record), Numbers.text(100 * parts.publishingShare, digits: 1),
          text(parts.score))
        add(parts, name, kind, stream, to: &figures)
      }
    }
    print("\(table.text)\n")
    try figures.finish()
  }

  /// Promised are the step of events as streams have them, of few features or of many that follow Zipf's law, and the
  /// shares.
  private static func add(
    _ parts: Parts, _ name: String, _ kind: ModelConfiguration.Kind, _ stream: EventStream, to figures: inout Figures
  ) {
    let isWarm = stream.name == "warm"
    let isUsual = kind == .afm && parts.size == 16
    let limit: Double? = isUsual ? 2.0 : kind == .linear ? 0.3 : nil
    figures.add(
      "\(name): step", parts.step / 1000, "us/event", better: .lower, scaling: .time,
      limit: stream.name == "cold" ? nil : limit)
    figures.add("\(name): score", parts.score / 1000, "us/event", better: .lower, scaling: .time)
    if kind == .afm, isWarm {
      figures.add(
        "\(name): publishing", 100 * parts.publishingShare, "% of the step", better: .lower, scaling: .none, limit: 10)
    }
    if isUsual, stream.name == "cold" {
      figures.add(
        "evicted at 70 % load", 100 * parts.evictedShare, "% of features", better: .lower, scaling: .none, limit: 0.5)
      // The promise is 160 bytes and 64 MB in all, which three bits a slot are taken from.
      figures.add("table, k = 16", parts.bytesPerSlot, "bytes/slot", better: .lower, scaling: .none)
      figures.add("in huge pages", 100 * parts.hugePageShare, "% of memory", better: .higher, scaling: .none)
    }
  }

  private static func text(_ nanoseconds: Double) -> String { Numbers.text(nanoseconds, digits: 0) }
}
