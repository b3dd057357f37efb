/// How grave a log line is; the order is that of gravity.
public enum LogLevel: String, CaseIterable, Comparable, Sendable {
  /// What only somebody who looks into the program itself wants to see.
  case debug
  /// What happens in the normal course of things.
  case info
  /// Normal, and worth seeing: start, stop, snapshot, rollback.
  case notice
  /// Something is not as it should be; the program goes on.
  case warning
  /// Something failed.
  case error

  /// The syslog priority, as systemd reads it from a `<N>` prefix (sd-daemon(3)).
  public var priority: Int {
    switch self {
    case .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    }
  }

  /// Whether one level is less grave than another.
  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.priority > right.priority }
}
