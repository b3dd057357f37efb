import EventLoop

/// What a socket costs by itself: the daemon's kind of loop, answering each line with a fixed one at once.
final class EchoServer {
  private let loop: EventLoop

  /// Listens at a path.
  ///
  /// - Parameter answer: what is sent for every line, with its line feed.
  init(path: String, answer: [UInt8]) throws {
    let loop = try EventLoop(name: "echo")
    self.loop = loop
    let outcome = loop.perform { () -> Result<Listener, LoopProblem> in
      Result { () throws(LoopProblem) in
        try Listener(
          loop: loop, path: path, permissions: SocketPermissions(mode: 0o600),
          onConnection: { listener in
            guard let stream = try? listener.accept() else { return }
            stream.handler = Echo(answer)
            stream.startReading()
          }, onProblem: { _ in })
      }
    }
    _ = try outcome?.get()
  }

  /// Ends the loop.
  func stop() {
    loop.stop()
  }
}

private final class Echo: StreamHandler {
  private let answer: [UInt8]

  init(_ answer: [UInt8]) {
    self.answer = answer
  }

  func stream(_ stream: Stream, didRead bytes: UnsafeRawBufferPointer) {
    if bytes.last == UInt8(ascii: "\n") { stream.send(answer) }
  }

  func streamDidReachEnd(_ stream: Stream) { stream.close() }
  func streamDidDrain(_ stream: Stream) {}
  func stream(_ stream: Stream, didFail problem: LoopProblem) {}
  func streamDidClose(_ stream: Stream) {}
}
