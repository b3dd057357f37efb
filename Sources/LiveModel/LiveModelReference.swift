import Synchronization
import Threads

/// The one replaceable reference to the live model: a rollback loads another model beside and swaps it in here.
///
/// Scorers notice by one atomic load a request; requests under way finish with the model they began with, and the old
/// model's memory goes when the last scorer has moved on.
public final class LiveModelReference: Sendable {
  private let model: Lock<LiveModel>
  private let swaps = Atomic<UInt64>(0)

  /// Makes a reference to a live model.
  public init(_ model: LiveModel) {
    self.model = Lock(model)
  }

  /// The model that new requests are answered from.
  public var current: LiveModel {
    model.withLock { $0 }
  }

  /// Puts another model in its place. Any thread may call it.
  public func swap(to replacement: LiveModel) {
    model.withLock { $0 = replacement }
    swaps.add(1, ordering: .releasing)
  }

  /// How often the model was replaced.
  public var generation: UInt64 { swaps.load(ordering: .acquiring) }
}
