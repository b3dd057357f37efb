import Glibc
import Synchronization

/// Ctrl-C (SIGINT) and SIGTERM, for commands that want to end in good order: they look here between two steps.
enum Interrupt {
  private static let flag = Atomic<Bool>(false)

  /// Whether the user asked for the end.
  static var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// From now on the first signal is only noted; the second one kills. A read that waits returns at once.
  static func watch() {
    // The flag exists before a handler may touch it.
    flag.store(false, ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { _ in Interrupt.flag.store(true, ordering: .relaxed) }
      // Without SA_RESTART a waiting read(2) ends with EINTR.
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
      sigaction(number, &action, nil)
    }
  }
}
