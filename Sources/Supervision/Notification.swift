import Glibc

/// Something to tell the service manager; see sd_notify(3).
public enum Notification: Equatable, Sendable {
  /// Start-up, or reloading, is complete.
  case ready
  /// The settings are being read again; `.ready` must follow.
  case reloading
  /// The process is about to end.
  case stopping
  /// One line that `systemctl status` shows.
  case status(String)
  /// A sign of life.
  case watchdog
  /// Starting or stopping takes longer: count the timeout from now.
  case extendTimeout(Duration)

  var text: String {
    switch self {
    case .ready: return "READY=1"
    case .reloading:
      var now = timespec()
      clock_gettime(CLOCK_MONOTONIC, &now)
      return "RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)"
    case .stopping: return "STOPPING=1"
    case .status(let text):
      // A line feed would begin another assignment.
      return "STATUS=" + String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
    case .watchdog: return "WATCHDOG=1"
    case .extendTimeout(let duration):
      let (seconds, attoseconds) = duration.components
      return "EXTEND_TIMEOUT_USEC=\(max(0, seconds) &* 1_000_000 &+ attoseconds / 1_000_000_000_000)"
    }
  }
}
