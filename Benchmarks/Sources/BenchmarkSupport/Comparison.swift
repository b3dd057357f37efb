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
    /// It has an accepted result, and was not measured.
    case missing
  }

  /// The benchmark program.
  public var program: String
  /// The figure as it is now; as it was accepted where it is missing now.
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
      let worsening = worsening(
        from: old.relative(to: accepted.reference), to: figure.relative(to: run.reference), better: figure.better)
      return Comparison(
        program: run.program, figure: figure, verdict: verdict(worsening, tolerance: figure.tolerance),
        worsening: worsening)
    }
    let names = Set(run.figures.map(\.name))
    for figure in accepted?.figures ?? [] where !names.contains(figure.name) {
      comparisons.append(Comparison(program: run.program, figure: figure, verdict: .missing, worsening: nil))
    }
    return comparisons
  }

  /// A cost twice as high is worse by 1, and so is half of an achievement. What was nothing and is something is
  /// infinitely worse (or better); what is not a number is worse.
  static func worsening(from old: Double, to new: Double, better: Figure.Better) -> Double {
    guard new.isFinite else { return .infinity }
    if old == new { return 0 }
    let (from, to) = better == .lower ? (old, new) : (new, old)
    return to / from - 1
  }

  private static func verdict(_ worsening: Double, tolerance: Double) -> Verdict {
    if worsening > tolerance { return .worse }
    // As far in the other direction: what got worse by 15 % and comes back is not better than it was accepted.
    return worsening < 1 / (1 + tolerance) - 1 ? .better : .steady
  }
}
