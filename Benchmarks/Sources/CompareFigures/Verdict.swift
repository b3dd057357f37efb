import BenchmarkSupport

/// What a run says beside the accepted results: every figure that changed, and every promise that is not kept.
struct Verdict {
  private let comparisons: [Comparison]
  private let broken: [String]
  private let skipped: [String]

  init(_ runs: [Results], accepted: [Results]) {
    let before = Dictionary(accepted.map { ($0.program, $0) }) { first, _ in first }
    comparisons = runs.flatMap { Comparison.compare($0, with: before[$0.program]) }
    broken = runs.flatMap { run in
      run.figures.filter { $0.keepsPromise(on: run.reference) == false }.map { figure in
        "\(run.program): \(figure.name): \(Numbers.text(figure.promised(on: run.reference))) \(figure.unit) on "
          + "\(Int(Reference.promisedPeak)) GFLOP/s, promised \(Numbers.text(figure.limit ?? .nan))"
      }
    }
    skipped = runs.flatMap { run in run.skipped.map { "\(run.program): \($0)" } }
  }

  /// Whether any figure got worse by more than its tolerance.
  var gotWorse: Bool { comparisons.contains { $0.verdict == .worse } }

  /// The report.
  var text: String {
    var parts = ["# Beside the accepted results, as ratios to the calibration kernel"]
    let changed = comparisons.filter { $0.verdict != .steady }
    if !changed.isEmpty {
      var table = Table("figure", "now", "unit", "tolerated", "verdict")
      for one in changed {
        table.add(
          "\(one.program): \(one.figure.name)",
          one.verdict == .missing ? "" : Numbers.text(one.figure.value), one.figure.unit,
          Numbers.text(one.figure.tolerance * 100, digits: 0) + " %", Self.describe(one))
      }
      parts.append(table.text)
    }
    parts += skipped.map { "NOT MEASURED: \($0)" }
    parts += broken.map { "NOT KEPT: \($0)" }
    let compared = comparisons.filter { $0.worsening != nil }.count
    let worse = comparisons.filter { $0.verdict == .worse }.count
    parts.append(
      "\(compared) figures compared, \(worse) got worse by more than they may; \(broken.count) promises not kept")
    return parts.joined(separator: "\n\n")
  }

  private static func describe(_ one: Comparison) -> String {
    guard let worsening = one.worsening else { return one.verdict == .new ? "new" : "not measured" }
    guard worsening.isFinite else { return one.verdict == .worse ? "WORSE" : "better" }
    let percent = Numbers.text(worsening.magnitude * 100, digits: 0) + " %"
    return worsening > 0 ? "WORSE by \(percent)" : "better by \(percent)"
  }
}
