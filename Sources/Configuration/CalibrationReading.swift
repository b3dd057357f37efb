import AttentionalFM
import YAML

/// Reads `learning.calibration`.
enum CalibrationReading {
  /// What `kind` can be.
  private enum Kind: String, CaseIterable {
    case none, platt, isotonic
  }

  /// Nil where scores are not calibrated.
  static func read(_ section: YAMLSection) -> CalibrationSettings? {
    let kind = section.choice("kind", default: Kind.none)
    let standard = CalibrationSettings(kind: .platt)
    let settings = CalibrationSettings(
      kind: kind == .isotonic ? .isotonic : .platt,
      rate: LearningReading.float(section, "rate", standard.rate),
      initialAccumulator: LearningReading.float(section, "initial_accumulator", standard.initialAccumulator),
      refreshEvents: section.integer("refresh_events", default: standard.refreshEvents, in: 1...1_000_000_000),
      halfLifeEvents: section.optionalInteger("half_life_events", default: standard.halfLifeEvents, in: 1...Int.max))
    return kind == .none ? nil : settings
  }
}
