import Glibc

/// The service manager that started this process, as systemd's documented protocol shows it: notifications, watchdog,
/// inherited sockets. Without one everything here does nothing.
public struct ServiceManager: Sendable {
  /// Where notifications go (`NOTIFY_SOCKET`): a path, or an abstract name that begins with `@`.
  public let notifySocket: String?

  /// How long the service manager waits for a sign of life before it kills this process, where it watches it
  /// (`WATCHDOG_USEC` and `WATCHDOG_PID`). Send `.watchdog` at least twice as often.
  public let watchdogTimeout: Duration?

  /// The sockets that the service manager has opened for this process (`LISTEN_FDS`), each now close-on-exec.
  public let inheritedSockets: [InheritedSocket]

  /// Reads what the service manager left in the environment.
  public init(environment: [String: String]) {
    notifySocket = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
    let ours = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
    watchdogTimeout = environment["WATCHDOG_USEC"].flatMap { Int64($0) }
      .flatMap { ours && $0 > 0 ? .microseconds($0) : nil }
    inheritedSockets = InheritedSocket.all(environment: environment)
  }

  /// The inherited socket of a name (`FileDescriptorName=` of the socket unit).
  public func inheritedSocket(named name: String) -> InheritedSocket? {
    inheritedSockets.first { $0.name == name }
  }

  /// Tells the service manager something; several things go in one message.
  ///
  /// Safe from any thread; does not wait for the service manager to read it.
  ///
  /// - Returns: 0 where it was sent or nobody listens, else the errno.
  @discardableResult
  public func notify(_ notifications: Notification...) -> Int32 {
    guard let notifySocket else { return 0 }
    return DatagramSender.send(notifications.map(\.text).joined(separator: "\n"), to: notifySocket)
  }
}
