import Synchronization

/// Hands a model over to the thread that will own it.
///
/// The maker gives the model up (`sending`); the first `take`, decided by one atomic exchange, gets it, and after that
/// nothing here can reach it.
public final class ModelTransfer: Sendable {
  /// The address of the retained model; 0 once it was taken.
  private let address: Atomic<UInt>

  /// Takes a model from its maker.
  public init(_ model: sending Model) {
    address = Atomic(UInt(bitPattern: Unmanaged.passRetained(model).toOpaque()))
  }

  deinit {
    _ = take()
  }

  /// The model, the first time; nil ever after.
  public func take() -> sending Model? {
    let taken = address.exchange(0, ordering: .acquiringAndReleasing)
    guard let pointer = UnsafeRawPointer(bitPattern: taken) else { return nil }
    return Unmanaged<Model>.fromOpaque(pointer).takeRetainedValue()
  }
}
