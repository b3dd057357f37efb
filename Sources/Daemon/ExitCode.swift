/// How a program of this project ends: the codes of sysexits(3).
public enum ExitCode: Int32, Sendable {
  /// Everything went well.
  case success = 0
  /// The command line is wrong (EX_USAGE).
  case usage = 64
  /// A snapshot or a file is not what it should be (EX_DATAERR).
  case badData = 65
  /// A service or a resource is not there: a socket is taken, another daemon uses the state directory (EX_UNAVAILABLE).
  case unavailable = 69
  /// Something that cannot be (EX_SOFTWARE).
  case software = 70
  /// A file cannot be written (EX_CANTCREAT).
  case cannotCreate = 73
  /// Input or output failed (EX_IOERR).
  case inputOutput = 74
  /// The settings are wrong (EX_CONFIG).
  case configuration = 78
}

/// Why the daemon could not start or did not end well.
public struct DaemonProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// What the process exits with.
  public let exitCode: ExitCode

  /// What was wrong, where, and what to do.
  public let description: String

  init(_ exitCode: ExitCode, _ description: String) {
    self.exitCode = exitCode
    self.description = description
  }
}
