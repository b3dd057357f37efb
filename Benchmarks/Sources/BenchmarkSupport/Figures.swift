import Foundation

/// Collects what a benchmark program measures, judges it, and writes it down for the comparison with earlier results.
///
///     var figures = Figures("RankSpeed")
///     figures.add("500 candidates, 6 and 4 fields", 1.9, "times", better: .higher, scaling: .none, limit: 1.7)
///     try figures.finish()
public struct Figures {
  /// Measured before the program's own work; `finish` measures again and keeps the better.
  public private(set) var reference: Reference
  private let program: String
  private let load: String
  private var figures: [Figure] = []
  private var skipped: [String] = []

  /// Begins a run: measures the core and prints the machine.
  ///
  /// - Parameter program: the benchmark's name, that of its folder.
  public init(_ program: String) {
    self.program = program
    load = Machine.load
    reference = Reference.measure()
    print("# \(program)\n\nMachine: \(Machine.description); load before: \(load); \(Self.describe(reference))\n")
  }

  /// Adds a figure.
  ///
  /// - Parameters:
  ///   - name: what was measured, unique in the program and the same in every run.
  ///   - value: the number as measured, unscaled.
  ///   - unit: such as "us/event", "events/s", "times", "bytes".
  ///   - better: which way it gets better.
  ///   - scaling: whether it is a duration, a rate, or the same on every machine.
  ///   - limit: the promise, for a core whose peak is `Reference.promisedPeak` where it is a duration or a rate.
  ///   - tolerance: the share by which it may get worse before that is reported; more than usual only for what no
  ///     number of rounds makes steady, such as the tail of a latency.
  public mutating func add(
    _ name: String, _ value: Double, _ unit: String, better: Figure.Better, scaling: Figure.Scaling,
    limit: Double? = nil, tolerance: Double = Figure.usualTolerance
  ) {
    precondition(!figures.contains { $0.name == name }, "two figures are called \(name)")
    figures.append(
      Figure(
        name: name, value: value, unit: unit, better: better, scaling: scaling, limit: limit, tolerance: tolerance))
  }

  /// Notes that something was not measured, and why; printed at the end.
  public mutating func skip(_ name: String, because reason: String) {
    skipped.append("\(name): \(reason)")
  }

  /// Measures the core again, prints all figures beside their promises, and writes them to the folder that
  /// `AFM_FIGURES` names, where it does.
  public mutating func finish() throws {
    reference = reference.best(Reference.measure())
    print("\(table)\n")
    for line in skipped { print("NOT MEASURED: \(line)") }
    print("\(Self.describe(reference)); load after: \(Machine.load)\n")
    guard let folder = ProcessInfo.processInfo.environment["AFM_FIGURES"], !folder.isEmpty else { return }
    try results.write(to: folder)
  }

  private var results: Results {
    Results(
      program: program, date: String(Date().ISO8601Format().prefix(10)), machine: Machine.description, load: load,
      reference: reference, figures: figures, skipped: skipped)
  }

  private var table: String {
    var table = Table(program, "measured", "on \(Int(Reference.promisedPeak)) GFLOP/s", "promised", "unit", "")
    for figure in figures {
      let sign = figure.better == .lower ? "<= " : ">= "
      let verdict = figure.keepsPromise(on: reference).map { $0 ? "kept" : "NOT KEPT" }
      table.add(
        figure.name, Numbers.text(figure.value), Numbers.text(figure.promised(on: reference)),
        figure.limit.map { sign + Numbers.text($0) } ?? "", figure.unit, verdict ?? "")
    }
    return table.text
  }

  private static func describe(_ reference: Reference) -> String {
    let peak = "\(Reference.peakName) peak \(Numbers.text(reference.peak, digits: 1)) GFLOP/s"
    return "\(peak), calibration kernel \(Numbers.text(reference.calibration / 1000, digits: 1)) us"
  }
}
