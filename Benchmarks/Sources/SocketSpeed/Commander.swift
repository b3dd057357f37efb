import BenchmarkSupport
import Foundation
import Synchronization
import Threads

/// Sends the same command to the daemon again and again, from a thread of its own, while something is measured.
final class Commander: Sendable {
  private let isWanted = Atomic<Bool>(true)
  private let answered = Atomic<Int>(0)
  private let failure = Lock<String?>(nil)
  private let ended = DispatchSemaphore(value: 0)

  /// Begins.
  ///
  /// - Parameter pause: microseconds between an answer and the next command.
  init(_ command: String, socket: String, pause: UInt32) {
    Thread.detachNewThread { [self] in
      do {
        let control = try LineSocket(path: socket)
        while isWanted.load(ordering: .relaxed) {
          let answer = try control.exchange(command)
          if answer.contains("\"error\"") { throw BenchmarkProblem("\(command) was answered \(answer)") }
          answered.add(1, ordering: .relaxed)
          usleep(pause)
        }
      } catch {
        failure.withLock { $0 = "\(error)" }
      }
      ended.signal()
    }
  }

  /// Ends it once the command under way is answered; gives how many were.
  func end() throws -> Int {
    isWanted.store(false, ordering: .relaxed)
    ended.wait()
    if let problem = failure.withLock({ $0 }) { throw BenchmarkProblem(problem) }
    return answered.load(ordering: .relaxed)
  }
}
