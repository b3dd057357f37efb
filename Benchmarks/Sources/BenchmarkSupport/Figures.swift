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
  private let data: String?
  private let load: String
  private var figures: [Figure] = []
  private var skipped: [Skip] = []

  /// Begins a run: measures the core and prints the machine.
  ///
  /// - Parameters:
  ///   - program: the benchmark's name, that of its folder.
  ///   - data: what it measures with, where that differs between machines; figures of other data are not compared.
  public init(_ program: String, data: String? = nil) {
    self.program = program
    self.data = data
    load = Machine.load
    reference = Reference.measure()
    print("# \(program)\n\nMachine: \(Machine.description); load before: \(load); \(Self.describe(reference))\n")
    if let data { print("Data: \(data)\n") }
  }

  /// Adds a figure; what is not a number is skipped, since it can neither be judged nor written.
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
    guard value.isFinite else {
      let reason = "it came out as \(value): too little was measured"
      return skipped.append(Skip(name: name, reason: reason, beginnings: [name], isExcused: false))
    }
    figures.append(
      Figure(
        name: name, value: value, unit: unit, better: better, scaling: scaling, limit: limit, tolerance: tolerance))
  }

  /// Notes that something cannot be measured on this machine, and why; printed at the end.
  ///
  /// - Parameters:
  ///   - name: what, in words.
  ///   - reason: why, and what to do about it.
  ///   - beginnings: what the names of the figures that are missing for it begin with; the name itself unless given.
  public mutating func skip(_ name: String, because reason: String, figures beginnings: [String]? = nil) {
    skipped.append(Skip(name: name, reason: reason, beginnings: beginnings ?? [name]))
  }

  /// Measures the core again, prints all figures beside their promises, and writes them to the folder that
  /// `AFM_FIGURES` names, where it does.
  public mutating func finish() throws {
    reference = reference.best(Reference.measure())
    print("\(table)\n")
    for skip in skipped { print("NOT MEASURED: \(skip)") }
    print("\(Self.describe(reference)); load after: \(Machine.load)\n")
    guard let folder = ProcessInfo.processInfo.environment["AFM_FIGURES"], !folder.isEmpty else { return }
    try results.write(to: folder)
  }

  /// All of it so far, as it is written.
  public var results: Results {
    Results(
      program: program, date: String(Date().ISO8601Format().prefix(10)), machine: Machine.description, load: load,
      data: data, reference: reference, figures: figures, skipped: skipped)
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
