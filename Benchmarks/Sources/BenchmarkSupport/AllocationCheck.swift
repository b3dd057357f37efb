/// That a program's allocations are counted at all.
public enum AllocationCheck {
  /// An allocation must be seen, or a count of none would prove nothing.
  ///
  /// - Parameter count: how often the calling thread has asked for memory so far.
  public static func isCounted(by count: () -> UInt64) throws {
    let before = count()
    var array: [Int] = []
    array.reserveCapacity(CommandLine.arguments.count + 1000)
    guard count() > before, array.isEmpty else {
      throw BenchmarkProblem(
        "this system's allocations cannot be counted: malloc is not the program's own. Run it without LD_PRELOAD, with "
          + "glibc")
    }
  }
}
