// Unsafe memory. Invariant: `ring` lives until deinit.

import AttentionalFM
import CAFMKernels
import Synchronization

/// The face of a model that scorers on any thread may read while its owner learns.
///
/// The rows are read where the learner writes them, each under its bucket's version; of the dense parameters the owner
/// publishes copies, with the event number they are of, into a ring. Nobody waits for a lock.
///
/// `@unchecked Sendable`: configuration, layout and pointers never change. The ring is written by `afm_ring_publish`, on
/// the owner's thread alone, and read by `afm_ring_copy`, both atomic (`Ring.c`); how the table is shared
/// `TableMemory` (AttentionalFM) says; the number of the last publication is atomic.
public final class LiveModel: @unchecked Sendable {
  /// The model's configuration.
  public let configuration: ModelConfiguration

  let memory: TableMemory
  let ring: OpaquePointer
  let layout: DenseLayout
  private let lastPublished: Atomic<UInt64>

  /// The events between two publications while the stream is busy: chosen so that at most about 2 KB are copied for an
  /// event, and where an event is cheap, 0.5 KB, for which a scorer's parameters are up to three events old.
  public let eventsBetweenPublications: UInt64

  /// Makes the live face of a model and publishes it as it stands. Call it on the owner's thread, or before the model
  /// is handed over.
  public init(_ model: Model) throws(ModelProblem) {
    configuration = model.configuration
    memory = model.table.memory
    layout = model.dense.layout
    let count = Int64(layout.c.count)
    guard let ring = afm_ring_create(count) else { throw .noMemory(bytes: afm_ring_bytes(count)) }
    self.ring = ring
    let bytes = UInt64(count) * 4
    eventsBetweenPublications = max((bytes + 2047) / 2048, min(3, (bytes + 511) / 512), 1)
    lastPublished = Atomic(model.eventsLearned)
    publishDense(of: model, isIdle: true)
  }

  deinit {
    afm_ring_destroy(ring)
  }

  /// Publishes the dense parameters, where it is their turn or nothing waits to be learned. The owner calls it after
  /// every event, with `isIdle` when its queue ran empty.
  ///
  /// - Returns: whether they were published.
  @discardableResult
  public func publishDense(of model: Model, isIdle: Bool) -> Bool {
    precondition(model.table.memory === memory, "a live model publishes the model it was made of")
    let learned = model.eventsLearned
    let last = lastPublished.load(ordering: .relaxed)
    let isFirst = afm_ring_generation(ring) == 0
    guard isFirst || (isIdle && learned != last) || learned &- last >= eventsBetweenPublications else { return false }
    afm_ring_publish(ring, model.dense.values.base, learned)
    lastPublished.store(learned, ordering: .relaxed)
    return true
  }

  /// The event number of the newest publication.
  public var eventsPublished: UInt64 { lastPublished.load(ordering: .relaxed) }
}
