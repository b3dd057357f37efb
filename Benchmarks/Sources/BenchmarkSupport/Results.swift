import Foundation

/// All that one run of one benchmark program found, as it is written and committed.
public struct Results: Codable, Equatable, Sendable {
  /// The benchmark program.
  public var program: String
  /// The day it ran, year-month-day in UTC.
  public var date: String
  /// The processor.
  public var machine: String
  /// The load before it began.
  public var load: String
  /// What it measured with, where that differs between machines.
  public var data: String?
  /// What the core could do in the same run.
  public var reference: Reference
  /// The figures in the order they were measured.
  public var figures: [Figure]
  /// What was not measured, and why.
  public var skipped: [Skip]

  /// Makes results.
  public init(
    program: String, date: String, machine: String, load: String, data: String? = nil, reference: Reference,
    figures: [Figure], skipped: [Skip]
  ) {
    self.program = program
    self.date = date
    self.machine = machine
    self.load = load
    self.data = data
    self.reference = reference
    self.figures = figures
    self.skipped = skipped
  }

  /// Which run measured one of its figures: this one, unless it was kept from an earlier one.
  public func origin(of figure: Figure) -> Origin {
    figure.earlier ?? Origin(date: date, machine: machine, data: data, reference: reference)
  }

  /// What is to be accepted of a run: its figures, and those of the results accepted so far that it skipped. What it
  /// neither measured nor skipped no longer exists.
  public func keeping(_ accepted: Results?) -> Results {
    guard let accepted else { return self }
    let names = Set(figures.map(\.name))
    var all = self
    for var figure in accepted.figures where !names.contains(figure.name) {
      guard skipped.contains(where: { $0.covers(figure.name) }) else { continue }
      figure.earlier = accepted.origin(of: figure)
      all.figures.append(figure)
    }
    return all
  }

  /// Reads a file that `write` wrote.
  public init(contentsOf path: String) throws {
    do {
      self = try JSONDecoder().decode(Results.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw BenchmarkProblem("\(path) cannot be read: \(error); delete it, or check it out again")
    }
  }

  /// Writes them to `PROGRAM.json` in a folder, one key a line, so that a change reads well.
  public func write(to folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var text = try encoder.encode(self)
    text.append(UInt8(ascii: "\n"))
    try text.write(to: URL(fileURLWithPath: folder).appendingPathComponent(program + ".json"), options: .atomic)
  }
}
