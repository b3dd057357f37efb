@testable import EventLoop

/// Sends back what it reads; stops reading while too much waits for the peer.
final class Echo: StreamHandler {
  private(set) var mostQueued = 0
  private var hasEnded = false

  func stream(_ stream: Stream, didRead bytes: UnsafeRawBufferPointer) {
    stream.send(Array(bytes))
    mostQueued = max(mostQueued, stream.queuedBytes)
    if stream.queuedBytes > 0 { stream.stopReading() }
  }

  func streamDidReachEnd(_ stream: Stream) {
    hasEnded = true
    if stream.queuedBytes == 0 { stream.finish() }
    stream.close()
  }

  func streamDidDrain(_ stream: Stream) { stream.startReading() }
  func stream(_ stream: Stream, didFail problem: LoopProblem) {}
  func streamDidClose(_ stream: Stream) {}
}

/// Listens on a path and echoes on every connection; connections go to `target`, which may be another loop.
func listen(
  on loop: EventLoop, path: String, mode: UInt32 = 0o600, target: EventLoop? = nil
) -> Result<Listener, LoopProblem>? {
  loop.perform {
    Result { () throws(LoopProblem) in
      try Listener(
        loop: loop, path: path, permissions: SocketPermissions(mode: mode), onConnection: { take($0, target) },
        onProblem: { _ in })
    }
  }
}

/// Takes a connection and echoes on it.
func take(_ listener: Listener, _ target: EventLoop?) {
  if let target {
    guard let descriptor = try? listener.acceptDescriptor() else { return }
    target.enqueue { serve(try? Stream(loop: target, descriptor: descriptor)) }
  } else {
    serve(try? listener.accept())
  }
}

private func serve(_ stream: Stream?) {
  stream?.handler = Echo()
  stream?.startReading()
}
