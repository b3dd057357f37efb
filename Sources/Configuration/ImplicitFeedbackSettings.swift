import AttentionalFM
import FeatureEncoding
import YAML

/// How negatives are drawn where only positive events are logged.
public struct ImplicitFeedbackSettings: Equatable, Sendable {
  /// The field whose value is drawn.
  public var field: String
  /// The fields whose values go with it.
  public var with: [String]
  /// Negatives for each positive.
  public var negatives: Int
  /// How many distinct values are kept to draw from.
  public var reservoir: Int
  /// A value is drawn by how often it was seen, to this power.
  public var power: Double
  /// The field that names the user; nil for none.
  public var user: String?
  /// How many users are remembered.
  public var users: Int
  /// How many values are remembered of each.
  public var recent: Int
}

extension ImplicitFeedbackSettings {
  /// Nil where no field is named, or where that is a problem.
  static func read(_ section: YAMLSection, schema: Schema, loss: Loss?) -> ImplicitFeedbackSettings? {
    let field = section.optionalText("field")
    var with: [String] = []
    _ = section.list("with") { item in
      guard let name = item.text() else { return }
      if let problem = problem(ofCompanion: name, after: with, schema, field: field) {
        section.findings.add("`\(item.path)` \(problem)", at: item.mark)
      }
      with.append(name)
    }
    let user = section.optionalText("user")
    let settings = ImplicitFeedbackSettings(
      field: field ?? "", with: with,
      negatives: section.integer("negatives", default: 2, in: 1...64),
      reservoir: section.integer("reservoir", default: 10_000, in: 2...100_000_000),
      power: section.number("power", default: 0, "from 0 to 1") { (0...1).contains($0) },
      user: user,
      users: section.integer("users", default: 100_000, in: 1...100_000_000),
      recent: section.integer("recent", default: 64, in: 1...4096))
    guard let field else {
      if user != nil || !with.isEmpty {
        section.problem("field", "is needed: it names the field whose value is drawn for a negative")
      } else if loss == .ranking {
        section.problem("field", "is needed with `learning.loss: ranking`, which ranks a positive above its negatives")
      }
      return nil
    }
    if let problem = problem(field, schema) { section.problem("field", problem) }
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

  private static func problem(_ name: String, _ schema: Schema) -> String? {
    guard let field = schema.features.first(where: { $0.name == name }) else {
      return "is `\(name)`, which is no field of `schema.features`"
    }
    return field.kind == .categorical ? nil : "is `\(name)`, which is not categorical"
  }

  private static func problem(
    ofCompanion name: String, after earlier: [String], _ schema: Schema, field: String?
  ) -> String? {
    if earlier.contains(name) { return "is `\(name)` again" }
    if name == field { return "is `\(name)`, which is drawn itself" }
    return schema.features.contains { $0.name == name } ? nil : "is `\(name)`, which is no field of `schema.features`"
  }
}
