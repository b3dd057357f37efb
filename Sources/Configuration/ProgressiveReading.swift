import FeatureEncoding
import YAML

/// How progressive validation counts.
public struct ProgressiveValidationSettings: Equatable, Sendable {
  /// Events in a window.
  public var windowSize: Int
  /// The fields whose values are also judged one by one.
  public var slices: [String]
  /// How many values of each of them are; the others are judged as one.
  public var sliceValues: Int
  /// Among how many sampled candidates a positive is ranked, where negatives are sampled; 0 for none.
  public var rankingCandidates: Int
  /// One in so many events is ranked.
  public var rankingEvery: Int
}

extension ProgressiveValidationSettings {
  /// How many fields can be sliced.
  static let mostSlices = 4

  static func read(_ section: YAMLSection, schema: Schema) -> ProgressiveValidationSettings {
    let windowSize = section.integer("window", default: 10_000, in: 10...10_000_000)
    var slices: [String] = []
    _ = section.list("slices") { item in
      guard let name = item.text() else { return }
      if let problem = problem(name, after: slices, schema) {
        section.findings.add("`\(item.path)` \(problem)", at: item.mark)
      }
      slices.append(name)
    }
    if slices.count > mostSlices { section.problem("slices", "names \(slices.count) fields; at most \(mostSlices)") }
    let values = section.integer("slice_values", default: 50, in: 1...1000)
    return ProgressiveValidationSettings(
      windowSize: windowSize, slices: slices, sliceValues: values,
      rankingCandidates: section.integer("ranking_candidates", default: 99, in: 0...10_000),
      rankingEvery: section.integer("ranking_every", default: 50, in: 1...1_000_000_000))
  }

  /// Why a field cannot be sliced; nil where it can.
  private static func problem(_ name: String, after earlier: [String], _ schema: Schema) -> String? {
    if earlier.contains(name) { return "is `\(name)` again" }
    if schema.crosses.contains(where: { $0.name == name }) { return nil }
    guard let field = schema.features.first(where: { $0.name == name }) else {
      return "is `\(name)`, which is neither a field nor a cross of `schema`"
    }
    switch field.kind {
    case .categorical, .time: return nil
    case .numeric(let transform, _) where transform.isCategorical: return nil
    case .list, .numeric: return "is `\(name)`, which does not have one of a set of values in each event"
    }
  }
}
