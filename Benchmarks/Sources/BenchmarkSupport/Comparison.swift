/// How one figure of a run stands beside the same figure of the accepted results, as ratios to the calibration kernel
/// that was measured with each.
public struct Comparison: Equatable, Sendable {
  /// What became of the figure.
  public enum Verdict: Equatable, Sendable {
    /// Within its tolerance.
    case steady
    /// Worse by more than its tolerance.
    case worse
    /// Better by more than its tolerance: worth accepting, so that it cannot be lost unseen.
    case better
    /// It has no accepted result yet.
    case new
    /// It has an accepted result, and was not measured, though the machine offers what it needs.
    case missing
    /// It has an accepted result, and what it needs is not there, as the run says.
    case skipped
    /// Its accepted result is of other data, so that neither says anything about the other.
    case otherData
  }

  /// The benchmark program.
  public var program: String
  /// The figure as it is now; as it was accepted where it was not measured now.
  public var figure: Figure
  /// What became of it.
  public var verdict: Verdict
  /// How much worse it got, as a share of the accepted one; negative where it got better, nil where nothing can be
  /// compared.
  public var worsening: Double?

  /// Compares all figures of a run, in its order, with the accepted ones; what is missing comes last.
  public static func compare(_ run: Results, with accepted: Results?) -> [Comparison] {
    let before = Dictionary((accepted?.figures ?? []).map { ($0.name, $0) }) { first, _ in first }
    var comparisons = run.figures.map { figure in
      guard let accepted, let old = before[figure.name], old.unit == figure.unit, old.scaling == figure.scaling,
        old.better == figure.better
      else { return Comparison(program: run.program, figure: figure, verdict: .new, worsening: nil) }
      let origin = accepted.origin(of: old)
      guard origin.data == run.data else {
        return Comparison(program: run.program, figure: figure, verdict: .otherData, worsening: nil)
      }
      let worsening = worsening(
        from: old.relative(to: origin.reference), to: figure.relative(to: run.reference), better: figure.better)
      return Comparison(
        program: run.program, figure: figure, verdict: verdict(worsening, tolerance: figure.tolerance),
        worsening: worsening)
    }
    let names = Set(run.figures.map(\.name))
    for figure in accepted?.figures ?? [] where !names.contains(figure.name) {
      let isSkipped = run.skipped.contains { $0.isExcused && $0.covers(figure.name) }
      comparisons.append(
        Comparison(program: run.program, figure: figure, verdict: isSkipped ? .skipped : .missing, worsening: nil))
    }
    return comparisons
  }

  /// A cost twice as high is worse by 1, and so is half of an achievement. What was nothing and is something is
  /// infinitely worse (or better); what is not a number is worse. A difference may be negative, so that only the size
  /// of what it is compared with counts.
  static func worsening(from old: Double, to new: Double, better: Figure.Better) -> Double {
    guard new.isFinite else { return .infinity }
    if old == new { return 0 }
    let (from, to) = better == .lower ? (old, new) : (new, old)
    return (to - from) / from.magnitude
  }

  private static func verdict(_ worsening: Double, tolerance: Double) -> Verdict {
    if worsening > tolerance { return .worse }
    // As far in the other direction: what got worse by 15 % and comes back is not better than it was accepted.
    return worsening < 1 / (1 + tolerance) - 1 ? .better : .steady
  }
}
