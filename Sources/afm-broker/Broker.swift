import CommandTable
import Glibc
import Kafka

/// Runs a cluster until something ends it.
enum Broker {
  static func run(_ words: [String]) -> Int32 {
    do {
      switch try BrokerProgram.declaration.parse(words) {
      case .show(let text):
        write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO)
        return EX_OK
      case .run(let arguments):
        return try serve(arguments)
      }
    } catch let problem as UsageProblem {
      write("\(problem)\n", to: STDERR_FILENO)
      return UsageProblem.exitCode
    } catch let error as KafkaError {
      write("afm-broker: \(error)\n", to: STDERR_FILENO)
      return EX_OSERR
    } catch {
      write("afm-broker: \(error)\n", to: STDERR_FILENO)
      return EX_SOFTWARE
    }
  }

  private static func serve(_ arguments: Arguments) throws -> Int32 {
    let parent = getppid()
    // Blocked before any thread begins, so that the signals wait for this one; a closed output must not end it.
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    signal(SIGPIPE, SIG_IGN)

    let cluster = try KafkaMockCluster(brokers: Int32(clamping: arguments.integer("brokers") ?? 1)) { event in
      if case .log(let level, _, let message) = event, level <= 3 {
        write("afm-broker: \(message)\n", to: STDERR_FILENO)
      }
    }
    let topics = arguments.values("topic")
    for topic in topics.isEmpty ? ["events"] : topics {
      try cluster.createTopic(topic, partitions: Int32(clamping: arguments.integer("partitions") ?? 1))
    }
    let file = arguments.value("bootstrap-file")
    if let file, let reason = replace(file, with: cluster.bootstrapServers + "\n") {
      write("afm-broker: cannot write \(file): \(reason)\n", to: STDERR_FILENO)
      return EX_CANTCREAT
    }
    write(cluster.bootstrapServers + "\n", to: STDOUT_FILENO)
    waitForTheEnd(
      signals, parent: arguments.flag("exit-with-parent") ? parent : nil,
      watchesInput: arguments.flag("exit-with-input"))
    if let file { unlink(file) }
    return EX_OK
  }

  private static func waitForTheEnd(_ signals: sigset_t, parent: pid_t?, watchesInput: Bool) {
    var signals = signals
    var interval = timespec(tv_sec: 0, tv_nsec: 200_000_000)
    while true {
      if sigtimedwait(&signals, nil, &interval) > 0 { return }
      if let parent, getppid() != parent { return }
      if watchesInput && inputIsClosed() { return }
    }
  }

  private static func inputIsClosed() -> Bool {
    var request = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    while poll(&request, 1, 0) > 0 {
      var byte: UInt8 = 0
      if read(STDIN_FILENO, &byte, 1) <= 0 { return true }
    }
    return false
  }

  /// Writes a file so that whoever waits for it finds all of it; gives the system's reason where that fails.
  private static func replace(_ path: String, with text: String) -> String? {
    let temporary = path + ".tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return String(cString: strerror(errno)) }
    let isWritten = write(text, to: descriptor)
    close(descriptor)
    guard isWritten, rename(temporary, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(temporary)
      return reason
    }
    return nil
  }

  @discardableResult
  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count {
        guard let base = bytes.baseAddress else { return true }
        let count = Glibc.write(descriptor, base + done, bytes.count - done)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return false }
        done += count
      }
      return true
    }
  }
}
