import Foundation
import Glibc

/// Another program, run to its end.
public struct Command: Sendable {
  /// What a program was found to take.
  public struct Outcome: Sendable {
    /// Its exit code, or 128 and the signal that ended it.
    public var status: Int32
    /// Seconds from before its start to its end.
    public var seconds: Double
    /// Processor seconds of it and of those it waited for: user and system, all threads.
    public var processorSeconds: Double
    /// The most of its memory that was in RAM at once, in bytes.
    public var residentBytes: UInt64
    /// What it wrote to standard output, where that was kept.
    public var output: String
  }

  private let path: String
  private let arguments: [String]

  /// Names a program and its arguments.
  ///
  /// - Parameters:
  ///   - path: where it is; a bare name is looked for in PATH.
  ///   - arguments: its arguments without its name.
  public init(_ path: String, _ arguments: [String] = []) {
    self.path = path
    self.arguments = arguments
  }

  /// Whether such a program can be found in PATH.
  public static func exists(_ name: String) -> Bool {
    (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":").contains {
      access("\($0)/\(name)", X_OK) == 0
    }
  }

  /// Runs it and waits; standard input and error are /dev/null.
  ///
  /// - Parameter keepsOutput: whether standard output is kept; otherwise it goes to /dev/null too.
  public func run(keepsOutput: Bool = false) throws -> Outcome {
    let output = keepsOutput ? NSTemporaryDirectory() + "afm-bench-output-\(getpid())" : "/dev/null"
    defer { if keepsOutput { unlink(output) } }
    let start = Clock.monotonic
    let child = try spawn(output: output)
    var status: Int32 = 0
    var usage = rusage()
    while wait4(child, &status, 0, &usage) < 0 {
      guard errno == EINTR else { throw BenchmarkProblem("\(path): \(String(cString: strerror(errno)))") }
    }
    let seconds = Double(Clock.monotonic - start) / 1e9
    let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    return Outcome(
      status: code, seconds: seconds, processorSeconds: Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime),
      residentBytes: UInt64(clamping: usage.ru_maxrss) * 1024,
      output: keepsOutput ? (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" : "")
  }

  /// Runs it, keeps its output, and fails unless it exits with 0.
  @discardableResult
  public func succeed() throws -> String {
    let outcome = try run(keepsOutput: true)
    guard outcome.status == 0 else {
      throw BenchmarkProblem("\(([path] + arguments).joined(separator: " ")) ended with \(outcome.status)")
    }
    return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func spawn(output: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var child = pid_t()
    let code = posix_spawnp(&child, path, &actions, nil, &words, environ)
    guard code == 0 else { throw BenchmarkProblem("\(path) cannot be run: \(String(cString: strerror(code)))") }
    return child
  }

  private static func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1e6
  }
}
