import EventLoop

/// What a socket costs by itself: the daemon's kind of loop, answering each request with fixed bytes at once.
final class EchoServer {
  private let loop: EventLoop

  /// Listens at a path.
  ///
  /// - Parameters:
  ///   - path: where.
  ///   - answer: what is sent for every request.
  ///   - end: the byte that ends a request, for requests that come one at a time.
  init(path: String, answer: [UInt8], end: UInt8) throws {
    let loop = try EventLoop(name: "echo")
    self.loop = loop
    let outcome = loop.perform { () -> Result<Listener, LoopProblem> in
      Result { () throws(LoopProblem) in
        try Listener(
          loop: loop, path: path, permissions: SocketPermissions(mode: 0o600),
          onConnection: { listener in
            guard let stream = try? listener.accept() else { return }
            stream.handler = Echo(answer, end)
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
  private let end: UInt8

  init(_ answer: [UInt8], _ end: UInt8) {
    self.answer = answer
    self.end = end
  }

  func stream(_ stream: Stream, didRead bytes: UnsafeRawBufferPointer) {
    if bytes.last == end { stream.send(answer) }
  }

  func streamDidReachEnd(_ stream: Stream) { stream.close() }
  func streamDidDrain(_ stream: Stream) {}
  func stream(_ stream: Stream, didFail problem: LoopProblem) {}
  func streamDidClose(_ stream: Stream) {}
}
