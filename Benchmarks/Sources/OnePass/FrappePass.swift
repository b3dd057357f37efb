import AttentionalFM
import BenchmarkSupport
import Configuration
import FeatureEncoding
import Features

// Unsafe memory: lines and features are viewed in this object's own arrays, during one call.

/// One pass over Frappe's training file in its order, learned as the daemon learns it; then predictions of another.
final class FrappePass {
  private let frappe: Frappe
  private let decoder: EventDecoder
  private let learner: OnlineLearner
  private let loss: Loss
  private var features: [Feature] = []

  /// Prepares a model.
  ///
  /// - Parameters:
  ///   - frappe: the data.
  ///   - settings: keys below `learning`.
  ///   - crosses: fields combined.
  ///   - seed: `learning.seed`.
  init(_ frappe: Frappe, _ settings: [Setting], crosses: [[String]], seed: Int) throws {
    self.frappe = frappe
    // Room for every feature and cross; how much has no influence on the figures.
    let fixed = [Setting(key: "table.slots", value: "262144"), Setting(key: "seed", value: String(seed))]
    let text = """
      source: {kind: file, format: libfm, file: {path: /nowhere}}
      schema:
        features: [user, item, daytime, weekday, isweekend, homework, cost, weather, country, city]
        crosses: [\(crosses.map { "[\($0.joined(separator: ", "))]" }.joined(separator: ", "))]
      learning: \(Setting.mapping(fixed + settings))
      """
    let settings = try DaemonSettings.read(text: text)
    decoder = try EventDecoder(settings.schema, format: .libfm)
    loss = settings.model.loss
    learner = OnlineLearner(try Model(configuration: settings.model))
  }

  /// Learns, and gives the root mean squared error of the predictions held to -1...1, or of `2 sigmoid(y) - 1`.
  func run(judgedBy judge: Request.Judge) throws -> Double {
    try forEach(frappe.training) { features, label in learner.learn(features, label: label) }
    var squares = 0.0
    let judging = judge == .validation ? frappe.validation : frappe.test
    try forEach(judging) { features, label in
      let predicted = loss.predicted(raw: learner.predict(features).raw)
      let target = Double(loss.target(label))
      // Targets are 0 and 1 for log loss, -1 and 1 otherwise.
      let error = loss == .logistic ? 2 * (predicted - target) : max(-1, min(1, predicted)) - target
      squares += error * error
    }
    return (squares / Double(judging.count)).squareRoot()
  }

  private func forEach(_ lines: EventLines, _ body: (UnsafeBufferPointer<Feature>, Float) -> Void) throws {
    try lines.bytes.withUnsafeBytes { bytes in
      for line in lines.lines {
        features.removeAll(keepingCapacity: true)
        let event = try decoder.decode(UnsafeRawBufferPointer(rebasing: bytes[line]), into: &features)
        features.withUnsafeBufferPointer { body($0, event.label) }
      }
    }
  }
}
