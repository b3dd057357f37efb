/// The figures that `Docs/Learning.md` states: the model with the present defaults, of which those that this page
/// compares are spelled out, with others where its name says so; and each rival with the settings
/// that were found best for it on the validation file of Frappe, or on the flights themselves.
enum Statements {
  private typealias Settings = [String: String]

  static let frappe = squared + squaredHinge + logistic + crossed

  /// With labels at once, or late.
  static func flights(_ labels: Request.Labels) -> [(Statement, FlightFields)] {
    let isDelayed = labels == .delayed
    let crosses = [["date", "origin"], ["date", "carrier"]]
    return [
      (Statement("nine fields", model, promise: isDelayed ? 0.472 : 0.430), .nine),
      (Statement("nine fields, without field-pair parameters", withoutPairs + flightsWithoutPairs), .nine),
      (Statement("nine fields, factorization machine", plain + flightsPlain), .nine),
      (Statement("nine fields, field-weighted factorization machine", model + ["kind": "fm"]), .nine),
      (Statement("nine fields, k = 64", model + ["embedding_size": "64"]), .nine),
      (
        Statement(
          "with crosses date x origin and date x carrier", model, crosses: crosses, promise: isDelayed ? nil : 0.428),
        .nine
      ),
      (Statement("with weather, initial accumulator 1", model + ["initial_accumulator": "1"]), .weather),
      (
        Statement(
          "with weather, both crosses, initial accumulator 1, Platt scaling",
          model + ["initial_accumulator": "1", "regularization.embedding": "0.001", "calibration.kind": "platt"],
          crosses: crosses), .weather
      ),
      (
        Statement(
          "the same, dense sums forgotten with a half-life of 7 days",
          model + [
            "initial_accumulator": "1", "regularization.embedding": "0.001", "calibration.kind": "platt",
            "forgetting.half_life": "7d", "forgetting.applies_to": "dense",
          ], crosses: crosses), .weather
      ),
    ]
  }

  private static let squared = [
    Statement("squared, k = 16", model + ["loss": "squared"], promise: 0.433),
    Statement(
      "squared, k = 16, tuned",
      model + rates("0.3", linear: "0.02", sums: "0.3", penalty: "0.0003")
        + ["loss": "squared", "embedding_scale": "0.07"]),
    Statement(
      "squared, k = 16, without field-pair parameters",
      withoutPairs + rates("0.2", linear: "0.1", sums: "0.3", penalty: "0.001") + ["loss": "squared"]),
    Statement(
      "squared, k = 16, factorization machine",
      plain + rates("0.3", linear: "0.1", sums: "0.3", penalty: "0") + ["loss": "squared"]),
    Statement("squared, k = 64", model + ["loss": "squared", "embedding_size": "64"], promise: 0.40),
    Statement(
      "squared, k = 64, tuned",
      model + rates("0.3", linear: "0.02", sums: "0.3", penalty: "0")
        + ["loss": "squared", "embedding_size": "64", "embedding_scale": "0.07"]),
    Statement(
      "squared, k = 64, without field-pair parameters",
      withoutPairs + rates("0.1", linear: "0.02", sums: "0.1", penalty: "0.003")
        + ["loss": "squared", "embedding_size": "64", "step": "implicit"]),
    Statement(
      "squared, k = 64, factorization machine",
      plain + rates("0.2", linear: "0.1", sums: "0.3", penalty: "0.001")
        + ["loss": "squared", "embedding_size": "64", "embedding_scale": "0.07"]),
  ]

  private static let squaredHinge = [
    Statement("squared hinge, k = 16", model + ["loss": "squared_hinge"]),
    Statement("squared hinge, k = 64", model + ["loss": "squared_hinge", "embedding_size": "64"]),
  ]

  private static let logistic = [
    Statement("log loss, k = 16", model, promise: 0.410),
    Statement(
      "log loss, k = 16, tuned",
      model + rates("0.3", linear: "0.02", sums: "0.3", penalty: "0.0003") + ["step": "implicit"]),
    Statement(
      "log loss, k = 16, without field-pair parameters",
      withoutPairs + rates("0.25", linear: "0.1", sums: "0.01", penalty: "0.001") + ["embedding_scale": "0.14"]),
    Statement(
      "log loss, k = 16, factorization machine", plain + rates("0.56", linear: "0.1", sums: "0.03", penalty: "0")),
    Statement("log loss, k = 64", model + ["embedding_size": "64"], promise: 0.36),
    Statement(
      "log loss, k = 64, tuned",
      model + rates("0.25", linear: "0.02", sums: "0.03", penalty: "0")
        + ["embedding_size": "64", "embedding_scale": "0.07", "step": "implicit"]),
    Statement(
      "log loss, k = 64, without field-pair parameters",
      withoutPairs + rates("0.2", linear: "0.05", sums: "0.03", penalty: "0.001") + ["embedding_size": "64"]),
    Statement(
      "log loss, k = 64, factorization machine",
      plain + rates("0.25", linear: "0.1", sums: "0.003", penalty: "0.0003")
        + ["embedding_size": "64", "embedding_scale": "0.14"]),
  ]

  /// A cross that identifies repeats wants neither penalty nor implicit steps.
  private static let crossed = [
    Statement(
      "log loss with user x item, k = 16",
      model + rates("0.2", linear: "0.01", sums: "0.1", penalty: "0") + ["step": "explicit"],
      crosses: [["user", "item"]],
      promise: 0.33),
    Statement(
      "log loss with user x item, k = 64",
      model + rates("0.15", linear: "0.01", sums: "0.1", penalty: "0") + ["step": "explicit", "embedding_size": "64"],
      crosses: [["user", "item"]], promise: 0.31),
  ]

  /// What stands in `Config/afmd.yaml`.
  private static let model: Settings =
    rates("0.25", linear: "0.05", sums: "0.3", penalty: "0.0003") + [
      "field_pair_prior": "true", "field_pair_weights": "true", "attention_initial_scale": "0.3", "step": "automatic",
    ]
  private static let withoutPairs: Settings = [
    "field_pair_prior": "false", "field_pair_weights": "false", "attention_initial_scale": "0.3", "step": "explicit",
  ]
  private static let plain: Settings = ["kind": "fm", "field_pair_weights": "false", "step": "explicit"]
  private static let flightsWithoutPairs = rates("0.3", linear: "0.05", sums: "1", penalty: "0.001")
  private static let flightsPlain = rates("0.3", linear: "0.05", sums: "1", penalty: "0") + ["step": "implicit"]

  private static func rates(_ embedding: String, linear: String, sums: String, penalty: String) -> Settings {
    [
      "rates.embedding": embedding, "rates.linear": linear, "initial_accumulator": sums,
      "regularization.embedding": penalty,
    ]
  }
}

extension [String: String] {
  /// Both; of a key that both have, the value of the right one.
  fileprivate static func + (left: Self, right: Self) -> Self { left.merging(right) { $1 } }
}
