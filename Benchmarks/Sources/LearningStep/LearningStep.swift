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
    print("Machine: \(Machine.description); load before: \(Machine.load)")
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
        if kind == .afm, size == 16, stream.name == "cold" { notes.append(parts.note) }
      }
    }
    print("\n\(table.text)\n")
    for note in notes { print(note) }
    print("Load after: \(Machine.load)")
  }

  private static func text(_ nanoseconds: Double) -> String { Numbers.text(nanoseconds, digits: 0) }
}
