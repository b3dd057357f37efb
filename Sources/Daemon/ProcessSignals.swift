import Glibc

/// The signals that the daemon takes, by one thread that waits for them: SIGTERM and SIGINT ask it to end; SIGHUP, which
/// would end it without a word, asks others to read their settings anew.
///
/// They are blocked before any thread is started, so that every thread inherits the block and none is interrupted; no
/// code ever runs inside a signal handler. SIGPIPE is ignored: a client that hangs up is an error of a write.
struct ProcessSignals {
  private var set = sigset_t()

  /// Blocks the signals in the calling thread and all threads it starts from now on.
  init() {
    sigemptyset(&set)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGHUP)
    pthread_sigmask(SIG_BLOCK, &set, nil)
    signal(SIGPIPE, SIG_IGN)
  }

  /// Waits for one of the signals, at most so long; returns its number.
  func wait(milliseconds: Int) -> Int32? {
    var set = set
    var timeout = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    let signal = sigtimedwait(&set, nil, &timeout)
    return signal > 0 ? signal : nil
  }
}
