import Foundation
import Glibc

/// A program started with `posix_spawn`.
///
/// Foundation's `Process` waits for a socket that the program's own children inherit, so that it never sees the end of
/// one that leaves a server behind; this one waits for the program alone.
public final class ChildProcess {
  /// A program that could not be started.
  public struct Failure: Error, CustomStringConvertible {
    /// What went wrong.
    public var description: String
  }

  /// The process's number.
  public let pid: pid_t

  private var status: Int32?

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - path: the program's file.
  ///   - input: the file that becomes its standard input; nil for an empty one.
  ///   - output: the file to which its standard output is appended.
  ///   - errors: the file to which its standard error is appended.
  public init(
    path: String, arguments: [String], environment: [String: String] = [:], input: String? = nil, output: String,
    errors: String
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input ?? "/dev/null", O_RDONLY, 0)
    for (descriptor, file) in [(STDOUT_FILENO, output), (STDERR_FILENO, errors)] {
      posix_spawn_file_actions_addopen(&actions, descriptor, file, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    }
    // The test runner's threads may block signals, and a child would inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
    defer { for text in words + settings { free(text) } }
    var child = pid_t()
    let code = posix_spawn(&child, path, &actions, &attributes, &words, &settings)
    guard code == 0 else {
      throw Failure(description: "\(path) could not be started: \(String(cString: strerror(code)))")
    }
    pid = child
  }

  deinit {
    if isRunning {
      kill(pid, SIGKILL)
      wait()
    }
  }

  /// Whether it has not ended yet.
  public var isRunning: Bool {
    guard status == nil else { return false }
    var state: Int32 = 0
    if waitpid(pid, &state, WNOHANG) == pid { status = state }
    return status == nil
  }

  /// Sends a signal, unless it has ended.
  public func signal(_ number: Int32) {
    if isRunning { kill(pid, number) }
  }

  /// Waits for the end; returns the exit code, or the negated number of the signal that ended it.
  @discardableResult
  public func wait() -> Int32 {
    while status == nil {
      var state: Int32 = 0
      if waitpid(pid, &state, 0) == pid { status = state } else if errno != EINTR { return -1 }
    }
    let state = status ?? 0
    return state & 0x7f == 0 ? state >> 8 & 0xff : -(state & 0x7f)
  }

  /// Runs a program to its end and returns its status and what it printed.
  public static func run(
    _ path: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil
  ) throws -> (status: Int32, output: String, errors: String) {
    let folder = try TemporaryDirectory()
    // Files, not pipes: no output is so long that it could stop the program.
    let (output, errors) = (folder.path("output"), folder.path("errors"))
    let child = try ChildProcess(
      path: path, arguments: arguments, environment: environment, input: input, output: output, errors: errors)
    let status = child.wait()
    return (status, try text(of: output), try text(of: errors))
  }

  private static func text(of file: String) throws -> String {
    let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
    return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
  }
}
