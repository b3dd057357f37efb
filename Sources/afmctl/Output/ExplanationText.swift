import ScoringAPI

/// An explanation as people read it.
enum ExplanationText {
  /// The whole explanation, the largest terms and pairs first; pairs beyond `top` are added up in one line.
  static func text(of answer: ExplanationAnswer, top: Int = Int.max) -> String {
    var text = heading(answer).text + "\n" + terms(answer).text
    if !answer.pairs.isEmpty { text += "\n" + pairs(answer, top: top).text }
    return text
  }

  private static func heading(_ answer: ExplanationAnswer) -> TextTable {
    var table = TextTable()
    table.append("Score", answer.score.map { "\($0)" } ?? "not finite")
    table.append("Raw", answer.raw.map { "\($0)" } ?? "not finite")
    let parts = answer.calibration == nil ? "bias, features and pairs" : "bias, features, pairs and calibration"
    table.append("Sum", (answer.sum.map { "\($0)" } ?? "not finite") + " of " + parts)
    let lineage = answer.model.lineage.map { ", descends from snapshot \($0)" } ?? ""
    table.append(
      "Model", "\(answer.model.name), \(HumanText.counted(answer.model.eventsLearned, "event")) learned\(lineage)")
    return table
  }

  private static func terms(_ answer: ExplanationAnswer) -> TextTable {
    var table = TextTable(headings: ["Feature", "", "x", "term"], alignments: [.left, .left, .right, .right])
    table.append("(bias)", "", "", signed(answer.bias))
    if let calibration = answer.calibration { table.append("(calibration)", "", "", signed(calibration)) }
    for term in sorted(answer.terms.filter(\.known), by: \.term) {
      table.append(term.field, term.value, "\(term.x)", signed(term.term))
    }
    for term in answer.terms where !term.known {
      table.append(term.field, term.value, "\(term.x)", "unknown")
    }
    return table
  }

  private static func pairs(_ answer: ExplanationAnswer, top: Int) -> TextTable {
    // The field-pair weight has a column where the model has such weights.
    let isWeighted = answer.pairs.contains { $0.fieldPairWeight != nil }
    var table = TextTable(
      headings: ["Pair", "", "attention"] + (isWeighted ? ["weight"] : []) + ["term"],
      alignments: [.left, .left, .right] + (isWeighted ? [.right] : []) + [.right])
    let pairs = sorted(answer.pairs, by: \.term)
    for pair in pairs.prefix(top) {
      let weight = isWeighted ? [HumanText.decimals(pair.fieldPairWeight.map(Double.init), 4)] : []
      table.append(
        [
          feature(pair.a, answer.terms), feature(pair.b, answer.terms),
          HumanText.decimals(pair.attention.map(Double.init), 4),
        ] + weight + [signed(pair.term)])
    }
    let rest = pairs.dropFirst(top)
    if !rest.isEmpty {
      let sum = rest.reduce(0) { $0 + ($1.term ?? .nan) }
      table.append(
        ["(\(HumanText.count(rest.count)) more)", "", ""] + (isWeighted ? [""] : []) + [signed(sum)])
    }
    return table
  }

  private static func feature(_ place: Int, _ terms: [TermAnswer]) -> String {
    guard terms.indices.contains(place) else { return "?" }
    return "\(terms[place].field)=\(terms[place].value)"
  }

  private static func signed(_ number: Double?) -> String {
    number.map { HumanText.signed($0, 5) } ?? "not finite"
  }

  /// By magnitude, the largest first; equal ones stay in their order.
  private static func sorted<Element>(_ elements: [Element], by term: (Element) -> Double?) -> [Element] {
    elements.enumerated().sorted { left, right in
      let (a, b) = (abs(term(left.element) ?? .infinity), abs(term(right.element) ?? .infinity))
      return a == b ? left.offset < right.offset : a > b
    }.map(\.element)
  }
}
