import Synchronization
import Threads

/// What the operating system is made to refuse, for tests: a full disk, a sync that fails once, a name that cannot be
/// taken. Nothing is refused by itself, and a call that nobody wants to fail costs one relaxed load.
package enum FileFaults {
  /// Decides whether a call fails.
  ///
  /// - Parameters:
  ///   - operation: what is being done, as `FileProblem.operation` has it: `open`, `write`, `sync`, `rename`, ...
  ///   - path: to which file or directory; of a rename, `OLD to NEW`.
  /// - Returns: the error number to fail with; nil where the call goes ahead.
  package typealias Rule = @Sendable (_ operation: String, _ path: String) -> Int32?

  private static let isArmed = Atomic<Bool>(false)
  private static let rules = Lock<[(number: Int, rule: Rule)]>([])
  private static let numbers = Atomic<Int>(0)

  /// Asks `rule` of every call while `body` runs. Tests run side by side: a rule must look at the path.
  @discardableResult
  package static func with<Result>(_ rule: @escaping Rule, _ body: () throws -> Result) rethrows -> Result {
    let number = numbers.add(1, ordering: .relaxed).newValue
    rules.withLock { rules in
      rules.append((number, rule))
      isArmed.store(true, ordering: .sequentiallyConsistent)
    }
    defer {
      rules.withLock { rules in
        rules.removeAll { $0.number == number }
        isArmed.store(!rules.isEmpty, ordering: .sequentiallyConsistent)
      }
    }
    return try body()
  }

  /// Lets a call fail where a rule says so.
  static func check(_ operation: @autoclosure () -> String, _ path: @autoclosure () -> String) throws(FileProblem) {
    guard isArmed.load(ordering: .relaxed) else { return }
    let (operation, path) = (operation(), path())
    let wanted = rules.withLock { rules in rules.map(\.rule) }
    for rule in wanted {
      if let code = rule(operation, path) { throw FileProblem(operation: operation, path: path, code: code) }
    }
  }
}
