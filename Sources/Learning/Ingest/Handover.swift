import Threads

/// Hands something that one thread alone may use from the thread that made it to the one that will own it.
///
/// `@unchecked Sendable`: the value is given up by its maker, and only the first `take` gets it, under a lock; nothing
/// else here reaches it.
final class Handover<Value>: @unchecked Sendable {
  private var value: Value?
  private let isTaken = Lock(false)

  /// Takes the value; its maker must not touch it any more.
  init(_ value: sending Value) {
    self.value = value
  }

  /// The value, the first time; nil ever after.
  func take() -> Value? {
    let first = isTaken.withLock { taken in
      defer { taken = true }
      return !taken
    }
    guard first else { return nil }
    defer { value = nil }
    return value
  }
}
