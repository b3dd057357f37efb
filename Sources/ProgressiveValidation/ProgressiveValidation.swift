import AttentionalFM

/// Progressive validation: every event is predicted before it is learned, and the predictions are judged.
///
/// It keeps weighted sums over the whole run and over a window of a fixed number of events, the scores of the open
/// window for an exact AUC, and a fixed histogram for the AUC of the run. All arithmetic is Double with portable
/// functions, in the order of the events: the same events give the same bits on every machine, and a state that was
/// saved and restored goes on as if nothing had happened. Recording an event allocates nothing.
public struct ProgressiveValidation: Sendable {
  /// What the model minimises, and so what the loss is.
  public let loss: Loss

  /// How many events make a window.
  public let windowSize: Int

  /// How many windows have ended.
  public private(set) var windowsFinished: UInt64 = 0

  private var run = MetricSums()
  private var window = MetricSums()
  private var lastWindowSums = MetricSums()
  private var lastWindowAUC: Double?
  private var histogram = ScoreHistogram()
  private var scores: WindowScores
  private var served = ServedScores()
  private var ranked = RankedPositives()

  /// The same by the values of a few fields.
  public var slices: Slices

  /// Starts with no event.
  ///
  /// - Parameters:
  ///   - loss: the model's loss.
  ///   - windowSize: events a window, at least 1.
  ///   - slices: the fields whose values are judged one by one.
  public init(loss: Loss, windowSize: Int, slices: Slices = Slices(fields: [], valueLimit: 1)) {
    self.loss = loss
    self.windowSize = max(1, windowSize)
    self.slices = slices
    scores = WindowScores(capacity: self.windowSize)
  }

  /// Records a prediction that was made before its event was learned.
  ///
  /// An event whose raw score or label is not finite is left out.
  ///
  /// - Parameters:
  ///   - raw: the raw score (log-odds for log loss).
  ///   - label: the label; for log loss `Loss.target` makes it 0 to 1.
  ///   - importance: the importance weight, not negative.
  ///   - known: how many of the event's features the model knew.
  ///   - unknown: how many it did not know.
  ///   - entropy: the normalised entropy of the attention weights; not a number where there were fewer than two pairs.
  ///   - tail: `Loss.tail` of the raw score where it is known already; else it is computed.
  ///   - servedScore: the raw score that was served for the event; not a number where it carries none.
  ///   - places: where the event stands in `slices`.
  ///   - pairLoss: with the ranking loss, the loss of the event's pair, or the mean of its pairs; its raw score alone
  ///     has none.
  /// - Returns: whether this event ended a window.
  @discardableResult
  public mutating func record(
    raw: Float, label: Float, importance: Float, known: Int, unknown: Int, entropy: Float,
    tail: Double? = nil, servedScore: Float = .nan, places: SlicePlaces = SlicePlaces(), pairLoss: Double? = nil
  ) -> Bool {
    guard raw.isFinite, label.isFinite, importance.isFinite else { return false }
    let scored = ScoredEvent(
      loss: loss, raw: raw, label: label, importance: importance, known: known, unknown: unknown, entropy: entropy,
      tail: tail ?? loss.tail(raw: raw), pairLoss: pairLoss)
    run.add(scored)
    window.add(scored)
    if servedScore.isFinite, loss != .ranking { served.add(servedScore, of: scored, label: label, loss: loss) }
    if !slices.isEmpty { slices.add(scored, at: places) }
    if !loss.isSquaredError {
      histogram.add(raw: raw, positive: scored.isPositive, weight: scored.importance)
      scores.add(raw: raw, positive: scored.isPositive, weight: importance)
    }
    guard window.events >= UInt64(windowSize) else { return false }
    lastWindowSums = window
    lastWindowAUC = !loss.isSquaredError ? scores.auc() : nil
    window = MetricSums()
    scores.removeAll()
    served.endWindow()
    ranked.endWindow()
    windowsFinished &+= 1
    return true
  }

  /// What is known of the whole run.
  public var runSummary: ProgressiveSummary {
    run.summary(
      of: loss, auc: !loss.isSquaredError ? histogram.auc : nil, served: served.run.summary(of: loss),
      ranking: ranked.run.summary)
  }

  /// What is known of the last window that ended; nil before the first.
  public var lastWindow: ProgressiveSummary? {
    windowsFinished > 0
      ? lastWindowSums.summary(
        of: loss, auc: lastWindowAUC, served: served.lastWindow.summary(of: loss), ranking: ranked.lastWindow.summary)
      : nil
  }

  /// The sums over served scores, as named arrays; empty where no event ever carried one.
  public var servedState: [NamedArray] { served.state }

  /// Goes on from saved sums over served scores, after `restore`.
  ///
  /// - Throws: `ProgressiveStateProblem` where an array is missing or of a wrong type or length.
  public mutating func restoreServed(_ state: [NamedArray]) throws(ProgressiveStateProblem) {
    var restored = try ServedScores(SavedArrays(state))
    // A window that starts anew, since it has another size, does so for served scores too.
    if window.events == 0 { restored.window = ServedSums() }
    served = restored
  }

  /// Records how a positive ranked among candidates, before its event is recorded.
  ///
  /// - Parameters:
  ///   - ahead: how many candidates came before it; one of an equal score did.
  ///   - importance: the event's importance weight.
  public mutating func recordRanking(ahead: Int, importance: Float) {
    guard importance.isFinite else { return }
    ranked.add(ahead: ahead, importance: importance)
  }

  /// The sums over ranked positives, as named arrays; empty where none was ever ranked.
  public var rankingState: [NamedArray] { ranked.state }

  /// Goes on from saved sums over ranked positives, after `restore`.
  ///
  /// - Throws: `ProgressiveStateProblem` where an array is missing or of a wrong type or length.
  public mutating func restoreRanking(_ state: [NamedArray]) throws(ProgressiveStateProblem) {
    var restored = try RankedPositives(SavedArrays(state))
    if window.events == 0 { restored.window = RankingSums() }
    ranked = restored
  }

  /// Everything that later numbers depend on, but served scores, ranked positives and slices, as named arrays.
  public var state: [NamedArray] {
    let open = scores.saved
    return [
      NamedArray(
        "counts", .unsigned([run.events, window.events, lastWindowSums.events, windowsFinished, UInt64(windowSize)])),
      NamedArray("run", .double(run.numbers)),
      NamedArray("window", .double(window.numbers)),
      NamedArray("last_window", .double(lastWindowSums.numbers)),
      NamedArray("last_window_auc", .double(lastWindowAUC.map { [$0] } ?? [])),
      NamedArray("histogram_positive", .double(histogram.positives)),
      NamedArray("histogram_negative", .double(histogram.negatives)),
      NamedArray("window_raw", .float(open.raw)),
      NamedArray("window_weight", .float(open.weight)),
    ]
  }

  /// Goes on from a saved state; `self` is unchanged where that fails.
  ///
  /// Where the window had another size when the state was saved, the run goes on and the window starts anew.
  ///
  /// - Throws: `ProgressiveStateProblem` where an array is missing or of a wrong type or length.
  public mutating func restore(_ state: [NamedArray]) throws(ProgressiveStateProblem) {
    let saved = SavedArrays(state)
    let counts = try saved.unsigned("counts", count: 5)
    var restored = ProgressiveValidation(loss: loss, windowSize: windowSize, slices: slices)
    restored.run = try ProgressiveValidation.sums(saved, "run", events: counts[0])
    restored.lastWindowSums = try ProgressiveValidation.sums(saved, "last_window", events: counts[2])
    restored.lastWindowAUC = try saved.doubles("last_window_auc").first
    restored.windowsFinished = counts[3]
    restored.histogram.positives = try saved.doubles("histogram_positive", count: ScoreHistogram.bucketCount)
    restored.histogram.negatives = try saved.doubles("histogram_negative", count: ScoreHistogram.bucketCount)
    if counts[4] == UInt64(windowSize) {
      restored.window = try ProgressiveValidation.sums(saved, "window", events: counts[1])
      let raw = try saved.floats("window_raw")
      let weight = try saved.floats("window_weight")
      let expected = !loss.isSquaredError ? counts[1] : 0
      guard raw.count == weight.count, UInt64(raw.count) == expected, counts[1] < counts[4] else {
        throw .wrongLength("window_raw", raw.count)
      }
      for (raw, weight) in zip(raw, weight) {
        restored.scores.add(raw: raw, positive: weight.sign == .plus, weight: weight)
      }
    }
    self = restored
  }

  private static func sums(
    _ saved: SavedArrays, _ name: String, events: UInt64
  ) throws(ProgressiveStateProblem) -> MetricSums {
    let numbers = try saved.doubles(name)
    guard let sums = MetricSums(events: events, numbers: numbers) else { throw .wrongLength(name, numbers.count) }
    return sums
  }
}
