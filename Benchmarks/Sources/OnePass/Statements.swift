/// The figures that `Docs/Learning.md` states, each with the best settings found for it on validation.
enum Statements {
  static let frappe: [Statement] = [
    Statement("squared, k = 16", ["loss": "squared"], promise: 0.433),
    Statement("squared, k = 64", ["loss": "squared", "embedding_size": "64"], promise: 0.40),
    Statement("log loss, k = 16", promise: 0.410),
    Statement("log loss, k = 64", ["embedding_size": "64"], promise: 0.36),
    Statement("log loss with user x item, k = 16", crosses: [["user", "item"]], promise: 0.33),
    Statement(
      "log loss with user x item, k = 64", ["embedding_size": "64"], crosses: [["user", "item"]], promise: 0.31),
  ]

  static func flights(_ labels: Request.Labels) -> [(Statement, FlightFields)] {
    let isDelayed = labels == .delayed
    return [
      (Statement("nine fields, k = 16", promise: isDelayed ? 0.472 : 0.430), .nine),
      (
        Statement(
          "date x origin and date x carrier", crosses: [["date", "origin"], ["date", "carrier"]],
          promise: isDelayed ? nil : 0.428), .nine
      ),
      (Statement("with weather"), .weather),
    ]
  }
}
