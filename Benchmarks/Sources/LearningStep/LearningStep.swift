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
    var notes: [String] = []
    let chosen = CommandLine.arguments.dropFirst().first
    for (kind, size) in [(ModelConfiguration.Kind.afm, 16), (.fm, 16), (.linear, 16), (.afm, 256)] {
      for stream in streams where size == 16 || stream.name == "warm" {
        let name = "\(kind.rawValue) k = t = \(size), \(stream.name)"
        if let chosen, !name.hasPrefix(chosen) { continue }
        let parts = try Parts(stream, kind: kind, size: size)
        table.add(
          kind == .linear ? "linear, \(stream.name)" : name, text(parts.step), text(parts.load), text(parts.forward),
          text(parts.backward), text(parts.publishRows), text(parts.publishDense), text(parts.record),
          Numbers.text(100 * parts.publishingShare, digits: 1), text(parts.score))
        report(parts, name, kind: kind, size: size, stream: stream.name, to: &figures)
        if kind == .afm, size == 16, stream.name == "cold" { notes.append(parts.note) }
      }
    }
    print("\n\(table.text)\n")
    for note in notes { print("\(note)\n") }
    try figures.finish()
  }

  /// Adds the step, and publishing's share of it, with the promises where events are like a stream's: of few features
  /// or of many that follow Zipf's law.
  private static func report(
    _ parts: Parts, _ name: String, kind: ModelConfiguration.Kind, size: Int, stream: String, to figures: inout Figures
  ) {
    let isUsual = stream != "cold"
    let limit: Double? = kind == .afm && size == 16 ? 2_000 : kind == .linear ? 300 : nil
    figures.add(
      name, parts.step, "ns/event", better: .lower, scaling: .time, limit: isUsual ? limit : nil)
    guard kind == .afm else { return }
    figures.add(
      "\(name): publishing, of the step", 100 * parts.publishingShare, "%", better: .lower, scaling: .none,
      limit: isUsual ? 10 : nil, tolerance: 0.3)
  }

  private static func text(_ nanoseconds: Double) -> String { Numbers.text(nanoseconds, digits: 0) }
}
