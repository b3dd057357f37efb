import AttentionalFM
import FeatureEncoding
import YAML

/// Reads `learning.forgetting`.
enum ForgettingReading {
  /// Nil where nothing is forgotten.
  static func read(_ section: YAMLSection, schema: Schema, format: RecordFormat) -> ForgettingSettings? {
    let possible = ForgettingSettings.possibleMilliseconds
    let halfLife = section.optionalDuration(
      "half_life", default: nil, atLeast: .milliseconds(possible.lowerBound), atMost: .milliseconds(possible.upperBound)
    )
    let scope = section.choice("applies_to", default: ForgettingSettings.Scope.all)
    let weights = section.boolean("weights", default: false)
    guard let halfLife else { return nil }
    if schema.time == nil {
      section.problem("half_life", "needs `schema.time.path`: what is forgotten goes by the times of events")
    } else if format == .libfm {
      section.problem("half_life", "has no meaning for libfm lines, which carry no times")
    }
    return ForgettingSettings(
      halfLifeMilliseconds: halfLife.components.seconds * 1000
        + halfLife.components.attoseconds / 1_000_000_000_000_000,
      scope: scope, weights: weights)
  }
}
