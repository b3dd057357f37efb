/// A blocking client of the line protocol, for callers who count microseconds. Used on one thread at a time.
public final class LineClient {
  private let path: String
  private let connection: UnixConnection
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)
  private var received: [UInt8] = []
  private var position = 0

  /// Connects to a socket.
  public init(path: String, timeoutSeconds: Double = 60) throws(ClientProblem) {
    self.path = path
    connection = try UnixConnection(path: path, timeoutSeconds: timeoutSeconds)
  }

  /// Sends requests: whole lines, each with its line feed. Answers come in the order of the requests.
  public func send(_ lines: [UInt8]) throws(ClientProblem) {
    connection.restartClock()
    try connection.send(lines)
  }

  /// The next answer, without its line feed.
  public func receive() throws(ClientProblem) -> [UInt8] {
    connection.restartClock()
    var searched = position
    while true {
      if let end = received[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(received[position..<end])
        position = end + 1
        if position == received.count {
          received.removeAll(keepingCapacity: true)
          position = 0
        }
        return line
      }
      if position > 0 {
        received.removeFirst(position)
        position = 0
      }
      searched = received.count
      let count = try connection.receive(into: &buffer)
      guard count > 0 else { throw .broken(path: path, detail: "the connection ended before the answer") }
      received.append(contentsOf: buffer[..<count])
    }
  }

  /// Sends one request, a line without its line feed, and gives its answer.
  public func exchange(_ line: [UInt8]) throws(ClientProblem) -> [UInt8] {
    try send(line + [UInt8(ascii: "\n")])
    return try receive()
  }
}
