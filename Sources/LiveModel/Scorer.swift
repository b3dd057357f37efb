// Unsafe memory: the scratch's next weight and row are valid while it is empty.

import AttentionalFM
import CAFMKernels
import Features

/// Scores events from a live model while it learns. One for each event loop; used on one thread at a time; allocates
/// nothing for a score.
///
/// A request begins with ``beginRequest()``, which brings the scorer's own copy of the dense parameters up to date;
/// every ``score(_:)`` of the request then uses that copy, and rows as they are at that moment, which may be a few
/// events newer.
public final class Scorer {
  private let reference: LiveModelReference
  private let kernels: Kernels
  private(set) var seenSwap: UInt64
  private(set) var live: LiveModel
  private var scratch: EventScratch
  private(set) var lookahead: Lookahead
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
    lookahead = live.memory.lookahead(live.configuration)
    parameters = AlignedFloats(Int(live.layout.c.count))
    beginRequest()
  }

  /// Makes a scorer for a model that is never replaced.
  public convenience init(_ live: LiveModel, kernels: Kernels = .preferred) {
    self.init(LiveModelReference(live), kernels: kernels)
  }

  /// Begins a request: takes over a replaced model and the newest dense parameters, where there are any.
  ///
  /// - Returns: the number of events they had been learned from.
  @discardableResult
  public func beginRequest() -> UInt64 {
    let swap = reference.generation
    if swap != seenSwap {
      seenSwap = swap
      live = reference.current
      scratch = EventScratch(live.configuration)
      lookahead = live.memory.lookahead(live.configuration)
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

  /// Asks for the memory that an instance will need, while others before it are scored; see
  /// `OnlineLearner/prefetch(_:)`. Good for the instance after the next of one request.
  ///
  /// - Parameter features: the features at the address at which ``score(_:)`` will be given them.
  public func prefetch(_ features: UnsafeBufferPointer<Feature>) {
    lookahead.announce(features)
  }

  /// The score of one event, from the features the model knows: what `OnlineLearner.predict` gives, bit for bit.
  public func score(_ features: UnsafeBufferPointer<Feature>) -> Prediction {
    load(features)
    scratch.forward(kernels, parameters: parameters.base)
    return scratch.prediction(unknown: features.count - Int(scratch.event.pointee.feature_count))
  }

  /// The score of one event, taken apart.
  public func explain(_ features: UnsafeBufferPointer<Feature>) -> Explanation {
    load(features)
    scratch.forward(kernels, parameters: parameters.base)
    let known = Set((0..<Int(scratch.event.pointee.feature_count)).map { Int(scratch.origin[$0]) })
    let unknown = features.indices.filter { !known.contains($0) }
    return scratch.explanation(bias: bias, unknown: unknown)
  }

  private func load(_ features: UnsafeBufferPointer<Feature>) {
    live.memory.gather(features, lookahead: lookahead, into: scratch)
  }
}
