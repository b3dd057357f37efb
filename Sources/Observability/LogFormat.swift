import Glibc

/// How a log line begins.
public enum LogFormat: String, CaseIterable, Sendable {
  /// `journal` where standard error is connected to systemd's journal, else `text`.
  case automatic
  /// `time=2026-01-02T03:04:05.678Z level=info message=...`.
  case text
  /// `<6>message=...`: the journal keeps time and priority itself.
  case journal

  /// What `automatic` means for a descriptor: the journal names its stream's device and inode in `JOURNAL_STREAM`
  /// (systemd.exec(5)), so that a redirected standard error is not mistaken for it. The other formats stay.
  public func resolved(environment: [String: String], descriptor: Int32 = STDERR_FILENO) -> LogFormat {
    guard self == .automatic else { return self }
    var status = stat()
    guard let stream = environment["JOURNAL_STREAM"], fstat(descriptor, &status) == 0,
      stream == "\(status.st_dev):\(status.st_ino)"
    else { return .text }
    return .journal
  }
}
