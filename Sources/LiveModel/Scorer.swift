// Unsafe memory: the scratch's next weight and row are valid while it is empty; where features are looked for is of the
// table of `live`, since another model taking over empties the block.

import AttentionalFM
import CAFMKernels
import Features

/// Scores events from a live model while it learns. One for each event loop; used on one thread at a time; allocates
/// nothing for a score.
///
/// A request begins with ``beginRequest()``, which brings the scorer's own copy of the dense parameters up to date;
/// every score of the request then uses that copy, and rows as they are at that moment, which may be a few
/// events newer.
public final class Scorer {
  private let reference: LiveModelReference
  private let kernels: Kernels
  private(set) var seenSwap: UInt64
  private(set) var live: LiveModel
  private var scratch: EventScratch
  let block = BlockLookup()
  private(set) var parameters: AlignedFloats
  private var generation: UInt64 = 0

  /// The number of events the dense parameters of this request had been learned from.
  public private(set) var eventsLearned: UInt64 = 0

  /// The configuration of the model this request is answered from.
  public var configuration: ModelConfiguration { live.configuration }

  /// `w0` of this request.
  var bias: Float { parameters.base[Int(live.layout.c.bias)] }

  /// Makes a scorer that follows a replaceable reference.
  public init(_ reference: LiveModelReference, kernels: Kernels = .preferred) {
    self.reference = reference
    self.kernels = kernels
    seenSwap = reference.generation
    live = reference.current
    scratch = EventScratch(live.configuration)
    parameters = AlignedFloats(Int(live.layout.c.count))
    beginRequest()
  }

  /// Makes a scorer for a model that is never replaced.
  public convenience init(_ live: LiveModel, kernels: Kernels = .preferred) {
    self.init(LiveModelReference(live), kernels: kernels)
  }

  /// Begins a request: takes over a replaced model and the newest dense parameters, where there are any, and forgets
  /// what was announced.
  ///
  /// - Returns: the number of events they had been learned from.
  @discardableResult
  public func beginRequest() -> UInt64 {
    block.begin()
    let swap = reference.generation
    if swap != seenSwap {
      seenSwap = swap
      live = reference.current
      scratch = EventScratch(live.configuration)
      parameters = AlignedFloats(Int(live.layout.c.count))
      generation = 0
    }
    afm_ring_copy(live.ring, parameters.base, &eventsLearned, &generation)
    return eventsLearned
  }

  /// Whether the model knows a feature at this moment.
  public func isKnown(_ hash: UInt64) -> Bool {
    scratch.begin()
    return live.memory.gather(hash, weight: scratch.nextWeight, row: scratch.nextRow)
  }

  /// Takes the next event of a block, and asks for the memory of its features ahead of their use. The features of a
  /// block stand one event's after the other's. A block of some dozens of events is the best: so much memory stays at
  /// hand until it is used.
  public func announce(_ features: UnsafeBufferPointer<Feature>) {
    block.add(features, live.memory)
  }

  /// Appends the scores of the events that were announced, each as ``score(_:)`` gives it, and begins the next block.
  ///
  /// - Parameters:
  ///   - features: the features of all events announced, one event's after the other's.
  ///   - ends: where the features of each event end.
  ///   - predictions: where the scores are appended.
  public func score(_ features: UnsafeBufferPointer<Feature>, ends: [Int], into predictions: inout [Prediction]) {
    block.locate(live.memory)
    var start = 0
    for end in ends {
      let event = UnsafeBufferPointer(rebasing: features[start..<end])
      predictions.append(forward(event, lookups: block.lookups(at: start, count: event.count)))
      start = end
    }
    block.begin()
  }

  /// The score of one event, from the features the model knows: what `OnlineLearner.predict` gives, bit for bit. What
  /// was announced stays so.
  public func score(_ features: UnsafeBufferPointer<Feature>) -> Prediction {
    forward(features, lookups: block.located(features, live.memory))
  }

  /// What a raw score of this request is answered as: itself where no calibration is configured.
  public func calibrated(_ raw: Float) -> Float {
    live.configuration.calibrated(raw, parameters: parameters.base, layout: live.layout)
  }

  /// The score of one event, taken apart; its raw score is the uncalibrated one.
  public func explain(_ features: UnsafeBufferPointer<Feature>) -> Explanation {
    _ = score(features)
    let known = Set((0..<Int(scratch.event.pointee.feature_count)).map { Int(scratch.origin[$0]) })
    let unknown = features.indices.filter { !known.contains($0) }
    return scratch.explanation(bias: bias, unknown: unknown)
  }

  private func forward(
    _ features: UnsafeBufferPointer<Feature>, lookups: UnsafePointer<afm_lookup>
  ) -> Prediction {
    let scratch = scratch
    live.memory.gather(features, lookups: lookups, into: scratch)
    scratch.forward(kernels, parameters: parameters.base)
    return scratch.prediction(unknown: features.count - Int(scratch.event.pointee.feature_count))
  }
}
