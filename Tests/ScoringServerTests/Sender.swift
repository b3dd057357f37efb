import Glibc
import Threads

/// Sends the same text many times from a thread of its own, as fast as the peer takes it.
final class Sender: Sendable {
  private let thread: DedicatedThread

  init(descriptor: Int32, text: String, count: Int) {
    let bytes = Array(text.utf8)
    thread = DedicatedThread(name: "sender") {
      for _ in 0..<count {
        var position = 0
        while position < bytes.count {
          let written = bytes.withUnsafeBytes {
            send(descriptor, $0.baseAddress.map { $0 + position }, bytes.count - position, Int32(MSG_NOSIGNAL))
          }
          guard written > 0 else { return }
          position += written
        }
      }
    }
  }

  func join() { thread.join() }
}
