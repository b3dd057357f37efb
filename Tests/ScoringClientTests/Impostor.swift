import Glibc
import Testing

/// A socket that is not the daemon's: answers its n-th connection with the n-th text, whatever it is asked, and closes
/// it; once the texts run out it accepts nobody. Or says its text over and over until nobody listens any more.
final class Impostor {
  private let descriptor: Int32
  private let thread: pthread_t?

  private final class Script: Sendable {
    let descriptor: Int32
    let answers: [String]
    let isEndless: Bool

    init(descriptor: Int32, answers: [String], isEndless: Bool) {
      self.descriptor = descriptor
      self.answers = answers
      self.isEndless = isEndless
    }

    func run() {
      for answer in answers {
        let client = accept(descriptor, nil, nil)
        guard client >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 4096)
        _ = recv(client, &buffer, buffer.count, 0)
        let bytes = Array(answer.utf8)
        var sent = 0
        repeat {
          sent = bytes.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        } while isEndless && sent > 0
        Glibc.close(client)
      }
    }
  }

  init(path: String, answers: [String], isEndless: Bool = false) throws {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    self.descriptor = descriptor
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0 && listen(descriptor, 8) == 0)
    guard !answers.isEmpty else {
      thread = nil
      return
    }
    var started = pthread_t()
    let script = Unmanaged.passRetained(Script(descriptor: descriptor, answers: answers, isEndless: isEndless))
    pthread_create(
      &started, nil,
      { argument in
        if let argument { Unmanaged<Script>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, script.toOpaque())
    thread = started
  }

  /// Waits until every answer was given.
  func close() {
    if let thread { pthread_join(thread, nil) }
  }

  deinit {
    Glibc.close(descriptor)
  }
}
