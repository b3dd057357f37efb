import AttentionalFM
import FeatureEncoding
import Features
import JSONReading
import LiveModel
import Observability
import ScoringAPI

/// Answers what is answered from the event loop itself: scores, explanations, encodings, health.
///
/// One for each event loop, used on its thread alone. Scoring allocates nothing once the buffers have grown.
final class ScoringService {
  /// What the sockets answer from.
  struct Sources: Sendable {
    var model: ServedModel
    var commands: any OperatorCommands
    var renderer: MetricsRenderer
    var metrics: ServerMetrics
    var limits: ServerLimits
  }

  let reader: JSONReader
  private let sources: Sources
  private let decoder: EventDecoder
  private let scorer: Scorer
  private let ranking: RankingService
  /// Used by one call after the other, so that exclusive access need not be checked at run time.
  @exclusivity(unchecked) private var features: [Feature] = []

  init(_ sources: Sources) throws(InvalidSchema) {
    self.sources = sources
    decoder = try EventDecoder(sources.model.schema)
    scorer = Scorer(sources.model.reference)
    ranking = RankingService(sources, encoder: decoder.encoder)
    reader = JSONReader(maximumBytes: sources.limits.bodyBytes, maximumDepth: sources.limits.depth)
  }

  /// Moves on to the live model. To be called now and then: a loop without requests would keep a replaced model's
  /// memory, and after a few rollbacks there would be as many models as loops.
  func letGoOfReplacedModel() {
    scorer.beginRequest()
    ranking.letGoOfReplacedModel()
  }

  /// Parses a request's JSON; the value is valid until the next call.
  func parse(_ bytes: UnsafeRawBufferPointer) throws(Problem) -> JSONValue {
    do {
      return try reader.parse(bytes)
    } catch {
      throw error.kind == .tooLarge ? .tooLarge(error.description) : .badRequest(error.description)
    }
  }

  /// Writes the answer of an endpoint that is answered at once; what was written is of no use where this throws.
  ///
  /// - Parameter root: the parsed request; nil where the endpoint takes none.
  func answer(_ endpoint: Endpoint, _ root: JSONValue?, isLine: Bool, into text: inout JSONText) throws(Problem) {
    switch (endpoint, root) {
    case (.score, let root?): try score(root, isLine: isLine, into: &text)
    case (.rank, let root?): try ranking.rank(root, isLine: isLine, into: &text)
    case (.explain, let root?): try explain(root, isLine: isLine, into: &text)
    case (.encode, let root?): try encode(root, isLine: isLine, into: &text)
    case (.live, _): text.append("{\"status\":\"ok\"}")
    case (.ready, _):
      if case .notReady(let reason) = sources.commands.readiness() { throw .unavailable(reason) }
      text.append("{\"status\":\"ok\"}")
    default: throw .badRequest("the request has no body; a JSON object is expected")
    }
  }

  private func score(_ root: JSONValue, isLine: Bool, into text: inout JSONText) throws(Problem) {
    try RequestReading.check(root, allows: ["instances", "model"], isLine: isLine)
    try sources.model.check(root)
    let instances = try RequestReading.instances(root)
    let eventsLearned = scorer.beginRequest()
    let loss = scorer.configuration.loss
    var index = 0
    var unknown = 0
    ScoreWriter.begin(&text)
    for instance in instances {
      guard index < sources.limits.instances else {
        throw .tooLarge("more than \(sources.limits.instances) instances in one request", field: "instances")
      }
      features.removeAll(keepingCapacity: true)
      do {
        _ = try decoder.encode(instance, into: &features)
      } catch {
        throw Problem(error, at: "instances[\(index)]")
      }
      let prediction = features.withUnsafeBufferPointer { scorer.score($0) }
      let raw = scorer.calibrated(prediction.raw)
      ScoreWriter.append(
        index: index, score: loss.predicted(raw: raw), raw: raw, unknown: prediction.unknown, to: &text)
      unknown += prediction.unknown
      index += 1
    }
    sources.metrics.instances.add(UInt64(index))
    sources.metrics.unknownFeatures.add(UInt64(unknown))
    ScoreWriter.end(model: sources.model.identity(eventsLearned: eventsLearned), &text)
  }

  private func explain(_ root: JSONValue, isLine: Bool, into text: inout JSONText) throws(Problem) {
    let described = try describe(root, isLine: isLine)
    let eventsLearned = scorer.beginRequest()
    let given = described.map(\.feature)
    let explanation = given.withUnsafeBufferPointer { scorer.explain($0) }
    var terms = [Double](repeating: 0, count: given.count)
    for term in explanation.terms { terms[term.feature] = term.value }
    let unknown = Set(explanation.unknown)
    let raw = scorer.calibrated(explanation.raw)
    let calibration = scorer.configuration.calibration == nil ? nil : Double(raw) - Double(explanation.raw)
    let sum =
      explanation.bias + explanation.terms.reduce(0) { $0 + $1.value } + explanation.pairs.reduce(0) { $0 + $1.value }
      + (calibration ?? 0)
    ExplanationWriter.begin(
      score: scorer.configuration.loss.predicted(raw: raw), raw: raw, bias: explanation.bias, calibration: calibration,
      sum: sum, &text)
    for (index, feature) in described.enumerated() {
      ExplanationWriter.append(
        index: index, field: feature.field, value: feature.text, feature: feature.feature,
        known: !unknown.contains(index), term: terms[index], to: &text)
    }
    ExplanationWriter.beginPairs(&text)
    for (index, pair) in explanation.pairs.enumerated() {
      ExplanationWriter.append(
        index: index, first: pair.first, second: pair.second, attention: pair.attention,
        fieldPairWeight: pair.fieldPairWeight, term: pair.value, to: &text)
    }
    sources.metrics.instances.add()
    sources.metrics.unknownFeatures.add(UInt64(unknown.count))
    ExplanationWriter.end(
      unknown: unknown.count, model: sources.model.identity(eventsLearned: eventsLearned), &text)
  }

  private func encode(_ root: JSONValue, isLine: Bool, into text: inout JSONText) throws(Problem) {
    let described = try describe(root, isLine: isLine)
    let eventsLearned = scorer.beginRequest()
    ExplanationWriter.beginEncoding(&text)
    for (index, feature) in described.enumerated() {
      ExplanationWriter.append(
        index: index, field: feature.field, value: feature.text, feature: feature.feature,
        known: scorer.isKnown(feature.feature.hash), term: nil, to: &text)
    }
    ExplanationWriter.endEncoding(model: sources.model.identity(eventsLearned: eventsLearned), &text)
  }

  private func describe(_ root: JSONValue, isLine: Bool) throws(Problem) -> [DescribedFeature] {
    try RequestReading.check(root, allows: ["instance", "instances", "model"], isLine: isLine)
    try sources.model.check(root)
    let (instance, path) = try RequestReading.instance(root)
    do {
      return try decoder.describe(instance)
    } catch {
      throw Problem(error, at: path)
    }
  }
}

extension ServedModel {
  /// Throws where a request asks for another model.
  func check(_ root: JSONValue) throws(Problem) {
    guard let asked = try RequestReading.model(root), asked != name else { return }
    throw .notFound("there is no model \(asked); this one is \(name)", field: "model")
  }
}

extension Problem {
  /// An instance that cannot be used; `path` is where it stands in the request.
  init(_ rejected: RejectedRecord, at path: String) {
    self = .badRequest(
      "\(rejected.detail) (\(rejected.reason.rawValue))", field: rejected.field.map { "\(path).\($0)" } ?? path)
  }
}
