import AttentionalFM
import FeatureEncoding
import YAML

/// Reads `learning.negative_sampling`.
enum NegativeSamplingReading {
  /// Nil where no field is named, or where that is a problem.
  static func read(_ section: YAMLSection, schema: Schema, loss: Loss?) -> ImplicitFeedbackSettings? {
    let field = section.optionalText("field")
    let companions = section.list("with") { item in item.text().map { (name: $0, path: item.path, mark: item.mark) } }
      .compactMap { $0 }
    let settings = ImplicitFeedbackSettings(
      field: field ?? "", with: companions.map(\.name),
      negatives: section.integer("negatives", default: 2, in: 1...64),
      reservoir: section.integer("reservoir", default: 10_000, in: 2...100_000_000),
      power: section.number("power", default: 0, "from 0 to 1") { (0...1).contains($0) },
      user: section.optionalText("user"),
      users: section.integer("users", default: 100_000, in: 1...100_000_000),
      recent: section.integer("recent", default: 64, in: 1...4096))
    let user = settings.user
    for (index, companion) in companions.enumerated() {
      let earlier = settings.with.prefix(index)
      if let problem = problem(ofCompanion: companion.name, after: earlier, schema, field: field, user: user) {
        section.findings.add("`\(companion.path)` \(problem)", at: companion.mark)
      }
    }
    guard let field else {
      if user != nil || !companions.isEmpty {
        section.problem("field", "is needed: it names the field whose value is drawn for a negative")
      } else if loss == .ranking {
        section.problem("field", "is needed with `learning.loss: ranking`, which ranks a positive above its negatives")
      }
      return nil
    }
    if let problem = problem(field, schema) { section.problem("field", problem) }
    if settings.negatives >= settings.reservoir {
      section.problem("reservoir", "must be more than `negatives`, which are drawn from it")
    }
    if let user, let problem = user == field ? "is `field` itself" : problem(user, schema) {
      section.problem("user", problem)
    }
    if loss == .squared {
      section.problem(
        "field", "needs `learning.loss: log` or `ranking`: a negative that was drawn has no number to predict")
    }
    if schema.keptFraction != nil {
      section.problem(
        "field",
        "and `schema.kept_fraction` exclude each other: negatives are drawn here, or logged by a producer that thins them"
      )
    }
    return settings
  }

  /// Adds what is wrong between the values that are drawn from and the candidates of a ranking, which are drawn too.
  static func check(
    _ sampling: ImplicitFeedbackSettings?, _ validation: ProgressiveValidationSettings, _ document: YAMLNode,
    _ findings: YAMLFindings
  ) {
    guard let sampling, validation.rankingCandidates >= sampling.reservoir else { return }
    let path = "learning.negative_sampling.reservoir"
    findings.add(
      "`\(path)` is \(sampling.reservoir); it must be more than `progressive_validation.ranking_candidates`, "
        + "\(validation.rankingCandidates), which are drawn from it", at: document.mark(at: path))
  }

  private static func problem(_ name: String, _ schema: Schema) -> String? {
    guard let field = schema.features.first(where: { $0.name == name }) else {
      return "is `\(name)`, which is no field of `schema.features`"
    }
    return field.kind == .categorical ? nil : "is `\(name)`, which is not categorical"
  }

  private static func problem(
    ofCompanion name: String, after earlier: ArraySlice<String>, _ schema: Schema, field: String?, user: String?
  ) -> String? {
    if earlier.contains(name) { return "is `\(name)` again" }
    if name == field { return "is `\(name)`, which is drawn itself" }
    if name == user { return "is `\(name)`, the user, who stays the same" }
    return schema.features.contains { $0.name == name } ? nil : "is `\(name)`, which is no field of `schema.features`"
  }
}
