import EventLoop
import Observability
import ScoringAPI

/// One client: its bytes in, its answers out, in the order of its requests.
///
/// The first byte decides how it speaks: `{` opens lines, anything else is HTTP. While a command is under way, or while
/// the client does not read its answers, nothing more is read from it, so that its memory is bounded.
///
/// `@unchecked Sendable`: everything happens on the loop's thread; a command's completion, on whatever thread, only
/// hands the connection back to the loop. Of the variables that every request touches none is lent to a call that comes
/// back to the connection, so exclusive access need not be checked at run time.
final class Connection: StreamHandler, @unchecked Sendable {
  private enum Phase {
    /// Requests are answered.
    case open
    /// The last answer is on its way out; what still arrives is thrown away until the client has closed, so that it
    /// can read the answer in peace.
    case closing(since: UInt64)
    case closed
  }

  /// Answers that are written together, and how much may wait for a client that does not read.
  private static let flushBytes = 64 << 10
  private static let outputLimit = 256 << 10
  private static let lingerMilliseconds: UInt64 = 2_000

  let server: ServerLoop
  let isControl: Bool
  /// Answers that were not handed to the stream yet.
  @exclusivity(unchecked) var output: [UInt8] = []

  private let stream: Stream
  private let isShed: Bool
  private let peer: PeerCredentials?
  @exclusivity(unchecked) private var conversation: (any Conversation)?
  @exclusivity(unchecked) private var held: [UInt8] = []
  @exclusivity(unchecked) private var phase = Phase.open
  @exclusivity(unchecked) private var isWaiting = false
  private var peerEnded = false
  private var hasFinished = false
  @exclusivity(unchecked) private var lastProgress: UInt64

  init(stream: Stream, server: ServerLoop, isControl: Bool, isShed: Bool) {
    self.stream = stream
    self.server = server
    self.isControl = isControl
    self.isShed = isShed
    peer = isControl ? stream.peer : nil
    lastProgress = server.loop.now
    stream.handler = self
    stream.startReading()
  }

  private var isOpen: Bool {
    if case .open = phase { return true }
    return false
  }

  private var takesRequests: Bool {
    isOpen && !isWaiting && output.count + stream.queuedBytes < Self.outputLimit
  }

  // MARK: What conversations ask for

  /// Adds to what is to be sent.
  func append(_ text: borrowing JSONText) {
    text.withBytes { output.append(contentsOf: $0) }
  }

  /// Runs a command; its answer comes through the conversation, and no other request is taken before.
  func run(_ command: CommandRunner.Command, _ endpoint: Endpoint, since started: UInt64) {
    isWaiting = true
    if endpoint.isCommand { logCommand(endpoint, "command") }
    let loop = server.loop
    server.runner.run(command) { answer in
      loop.enqueue { [self] in complete(endpoint, answer, since: started) }
    }
  }

  /// Closes the connection once the client has been sent what it is due.
  func closeAfterOutput() {
    guard isOpen else { return }
    phase = .closing(since: server.loop.now)
    held = []
  }

  // MARK: StreamHandler

  func stream(_ stream: Stream, didRead bytes: UnsafeRawBufferPointer) {
    guard isOpen else { return }
    server.metrics.bytesReceived.add(UInt64(bytes.count))
    if conversation?.isBetweenRequests ?? true { lastProgress = server.loop.now }
    process(bytes)
  }

  func streamDidReachEnd(_ stream: Stream) {
    peerEnded = true
    settle()
  }

  func streamDidDrain(_ stream: Stream) {
    lastProgress = server.loop.now
    resume()
  }

  func stream(_ stream: Stream, didFail problem: LoopProblem) {
    server.metrics.connectionProblems.add()
  }

  func streamDidClose(_ stream: Stream) {
    phase = .closed
    conversation = nil
    server.forget(self)
  }

  // MARK: Time and the end

  /// Looks whether the client has been silent for too long.
  func sweep() {
    let now = server.loop.now
    if case .closing(let since) = phase, now &- since > Self.lingerMilliseconds, stream.queuedBytes == 0 {
      return stream.close()
    }
    guard !isWaiting, now &- lastProgress > server.limits.idleMilliseconds else { return }
    server.metrics.idleClosed.add()
    if stream.queuedBytes > 0 || !isOpen { return stream.close() }
    if let conversation, !conversation.isBetweenRequests {
      refuse(
        Problem(
          status: 408, title: "Request timeout",
          detail: "the request did not arrive within \(server.limits.idleMilliseconds) ms"))
    } else {
      closeAfterOutput()
      settle()
    }
  }

  /// For how long nothing has been asked; nil while a request arrives or is answered, and of one that is to be told that
  /// there are too many. One that has been told all and is only waited for has been idle longest.
  var idleMilliseconds: UInt64? {
    // One that is shed has no place that another could have.
    if isShed { return nil }
    if case .closing = phase { return output.isEmpty && stream.queuedBytes == 0 ? .max : nil }
    guard isOpen, !isWaiting, held.isEmpty, output.isEmpty, stream.queuedBytes == 0,
      conversation?.isBetweenRequests ?? true
    else { return nil }
    return server.loop.now &- lastProgress
  }

  /// Closes an idle connection, for another that waits for its place.
  func makeRoom() {
    server.metrics.idleClosed.add()
    // Until the loop has closed it, it is idle no longer: it makes room once.
    phase = .closed
    stream.close()
  }

  /// Closes at once if nothing is under way, else as soon as that is done.
  func shutDown() {
    guard isOpen, !isWaiting else { return }
    closeAfterOutput()
    settle()
  }

  // MARK: The flow of bytes

  private func process(_ bytes: UnsafeRawBufferPointer) {
    var position = 0
    while position < bytes.count, takesRequests {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
      let conversation = conversation ?? begin(rest[0])
      if !isOpen { break }
      position += conversation.advance(rest, self)
      if conversation.isBetweenRequests { lastProgress = server.loop.now }
      if output.count >= Self.flushBytes { flush() }
    }
    if isOpen, position < bytes.count { held.append(contentsOf: bytes[position...]) }
    settle()
  }

  private func begin(_ first: UInt8) -> any Conversation {
    let begun: any Conversation =
      first == UInt8(ascii: "{") ? LineConversation(limits: server.limits) : HTTPConversation(limits: server.limits)
    conversation = begun
    if isShed { refuse(.unavailable("there are too many connections; try again later")) }
    return begun
  }

  private func resume() {
    // First what was answered goes out: only what then still waits for the client may hold its next requests back,
    // since that comes back here once it is written.
    flush()
    guard isOpen, takesRequests, !held.isEmpty else { return settle() }
    let waiting = held
    held = []
    waiting.withUnsafeBytes { process($0) }
  }

  /// Brings the stream into line with what has happened: sends, reads or not, finishes.
  private func settle() {
    if isOpen, peerEnded, held.isEmpty, !isWaiting {
      conversation?.end(self)
      if !isWaiting { closeAfterOutput() }
    }
    flush()
    switch phase {
    case .open:
      if takesRequests && held.isEmpty && !peerEnded { stream.startReading() } else { stream.stopReading() }
    case .closing:
      if peerEnded {
        if stream.queuedBytes == 0 { stream.close() }
      } else {
        finishOnce()
        stream.startReading()
      }
    case .closed:
      break
    }
  }

  private func finishOnce() {
    guard !hasFinished else { return }
    hasFinished = true
    stream.finish()
  }

  private func flush() {
    guard !output.isEmpty else { return }
    server.metrics.bytesSent.add(UInt64(output.count))
    stream.send(output)
    if output.capacity > Self.outputLimit * 4 { output = [] } else { output.removeAll(keepingCapacity: true) }
  }

  private func refuse(_ problem: Problem) {
    conversation?.refuse(problem, self)
    server.metrics.record(nil, status: problem.status, since: monotonicNanoseconds())
    closeAfterOutput()
    settle()
  }

  private func complete(_ endpoint: Endpoint, _ answer: CommandRunner.Answer, since started: UInt64) {
    guard isWaiting else { return }
    isWaiting = false
    if endpoint.isCommand { logCommand(endpoint, "command answered", status: answer.status) }
    server.metrics.record(endpoint, status: answer.status, since: started)
    guard isOpen else { return }
    lastProgress = server.loop.now
    conversation?.complete(answer, self)
    if server.isStopping { closeAfterOutput() }
    resume()
  }

  private func logCommand(_ endpoint: Endpoint, _ message: String, status: Int? = nil) {
    let process = peer.map { String($0.process) } ?? "unknown"
    let user = peer.map { String($0.user) } ?? "unknown"
    let group = peer.map { String($0.group) } ?? "unknown"
    if let status {
      server.log.notice(
        message, ["command": endpoint.rawValue, "status": status, "pid": process, "uid": user, "gid": group])
    } else {
      server.log.notice(message, ["command": endpoint.rawValue, "pid": process, "uid": user, "gid": group])
    }
  }
}

/// One way of speaking on a connection.
protocol Conversation: AnyObject {
  /// Whether no request has begun to arrive.
  var isBetweenRequests: Bool { get }
  /// Takes bytes up to the end of a request at most, and answers it; returns how many bytes were taken.
  func advance(_ input: UnsafeRawBufferPointer, _ connection: Connection) -> Int
  /// The client sends nothing more: takes what arrived as the last request, where that can be.
  func end(_ connection: Connection)
  /// Writes the answer of the command that was under way.
  func complete(_ answer: CommandRunner.Answer, _ connection: Connection)
  /// Writes a problem that concerns the connection rather than a request; it is closed after it.
  func refuse(_ problem: Problem, _ connection: Connection)
}
