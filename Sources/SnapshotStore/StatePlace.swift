import DurableFiles
import Threads

/// The place of a state directory: its lock and its `snapshots`, both held open.
///
/// A directory that is moved away or removed under a running process takes what is written from then on with it, and at
/// its path another process may hold another lock. So this is asked before anything is acknowledged.
final class StatePlace: Sendable {
  private let path: String
  private let lock: FileLock
  private let snapshots: HeldDirectory
  private let found: Lock<Found>

  private struct Found {
    var isInPlace = true
    /// Whether it was moved during a change that was refused for it: what it holds is not what this process goes on from.
    var isLost = false
  }

  /// Takes the lock.
  init(_ path: String, snapshots: String) throws(FileProblem) {
    self.path = path
    lock = try FileLock(path + "/LOCK")
    self.snapshots = try HeldDirectory(snapshots)
    found = Lock(Found())
  }

  /// Whether the paths still lead to what is held.
  func check() -> Bool {
    let isInPlace = lock.isInPlace && snapshots.isInPlace
    return found.withLock { found in
      found.isInPlace = isInPlace && !found.isLost
      return found.isInPlace
    }
  }

  /// The same after a change was written: where it is not, nothing is right any more before a restart.
  func checkAfterChange() -> Bool {
    if check() { return true }
    found.withLock { $0.isLost = true }
    return false
  }

  /// What the last look found wrong.
  var problem: String? { found.withLock { $0.isInPlace } ? nil : message }

  /// What is wrong where the paths lead elsewhere, and what to do.
  var message: String {
    "the state directory \(path), its LOCK or its snapshots were removed or replaced while afmd runs: scores are served, "
      + "and nothing is acknowledged. Put back what was there; where that does not help, restart afmd"
  }
}
