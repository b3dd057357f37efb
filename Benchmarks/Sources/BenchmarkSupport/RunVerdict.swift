/// What runs say beside the accepted results: every figure that changed, and every promise that is not kept.
public struct RunVerdict {
  private let comparisons: [Comparison]
  private let broken: [String]
  private let skipped: [String]
  private let notRun: [String]

  /// Judges the runs of some programs.
  public init(_ runs: [Results], accepted: [Results]) {
    let before = Dictionary(accepted.map { ($0.program, $0) }) { first, _ in first }
    comparisons = runs.flatMap { Comparison.compare($0, with: before[$0.program]) }
    broken = runs.flatMap { run in
      run.figures.filter { $0.keepsPromise(on: run.reference) == false }.map { figure in
        "\(run.program): \(figure.name): \(Numbers.text(figure.promised(on: run.reference))) \(figure.unit) on "
          + "\(Int(Reference.promisedPeak)) GFLOP/s, promised \(Numbers.text(figure.limit ?? .nan))"
      }
    }
    skipped = runs.flatMap { run in run.skipped.map { "\(run.program): \($0)" } }
    let programs = Set(runs.map(\.program))
    notRun = accepted.map(\.program).filter { !programs.contains($0) }
  }

  /// How many figures could be compared.
  public var compared: Int { comparisons.filter { $0.worsening != nil }.count }

  /// Whether a check passes: something was compared, nothing that could be measured is missing, and no figure got worse
  /// by more than its tolerance.
  public var passes: Bool {
    compared > 0 && !comparisons.contains { $0.verdict == .worse || $0.verdict == .missing }
  }

  /// The report.
  public var text: String {
    var parts = ["# Beside the accepted results, as ratios to the calibration kernel"]
    let changed = comparisons.filter { $0.verdict != .steady }
    if !changed.isEmpty {
      var table = Table("figure", "now", "unit", "tolerated", "verdict")
      for one in changed {
        let isMeasured = one.verdict != .missing && one.verdict != .skipped
        table.add(
          "\(one.program): \(one.figure.name)", isMeasured ? Numbers.text(one.figure.value) : "", one.figure.unit,
          Numbers.text(one.figure.tolerance * 100, digits: 0) + " %", Self.describe(one))
      }
      parts.append(table.text)
    }
    parts += skipped.map { "NOT MEASURED: \($0)" }
    parts += notRun.map { "NOT RUN: \($0)" }
    parts += broken.map { "NOT KEPT: \($0)" }
    let worse = comparisons.filter { $0.verdict == .worse }.count
    let missing = comparisons.filter { $0.verdict == .missing }.count
    parts.append(
      "\(compared) figures compared, \(worse) got worse by more than they may, \(missing) missing; "
        + "\(broken.count) promises not kept")
    if compared == 0 { parts.append("Nothing could be compared: `make bench-accept` accepts what was measured.") }
    return parts.joined(separator: "\n\n")
  }

  private static func describe(_ one: Comparison) -> String {
    guard let worsening = one.worsening else {
      switch one.verdict {
      case .missing: return "MISSING"
      case .skipped: return "not measured"
      case .otherData: return "accepted of other data"
      default: return "new"
      }
    }
    guard worsening.isFinite else { return one.verdict == .worse ? "WORSE" : "better" }
    let percent = Numbers.text(worsening.magnitude * 100, digits: 0) + " %"
    return worsening > 0 ? "WORSE by \(percent)" : "better by \(percent)"
  }
}
