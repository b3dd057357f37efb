import Glibc
import TestSupport
import Testing

@testable import LoadGeneration

/// A listener that the test itself accepts from, so that nothing depends on when another thread runs.
private final class Listener {
  let path: String
  private let folder: TemporaryDirectory
  private let descriptor: Int32
  private var queued: [Int32] = []

  init() throws {
    folder = try TemporaryDirectory()
    path = folder.path("score.sock")
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let (listener, name) = (descriptor, path)
    #expect(Self.withAddress(name) { bind(listener, $0, $1) } == 0)
    #expect(listen(descriptor, 1) == 0)
  }

  deinit {
    for connection in queued { Glibc.close(connection) }
    Glibc.close(descriptor)
  }

  /// Connects until the queue takes no more.
  func fill() {
    while true {
      let connection = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      queued.append(connection)
      if Self.withAddress(path, { connect(connection, $0, $1) }) != 0 { return #expect(errno == EAGAIN) }
    }
  }

  /// Takes the connection that has waited longest.
  func next() -> Int32 { accept(descriptor, nil, nil) }

  /// Takes all that wait by now.
  func nextAll() -> [Int32] {
    var found: [Int32] = []
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&entry, 1, 0) == 1 { found.append(next()) }
    return found
  }

  private static func withAddress<Result>(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }
}

@Suite struct SocketTransportTests {
  private static let answer = "{\"id\":0,\"predictions\":[{\"score\":0.5}],\"model\":{}}\n"

  private func write(_ text: String, to connection: Int32) {
    let bytes = Array(text.utf8)
    #expect(Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
  }

  private func read(from connection: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 1_000)
    let count = recv(connection, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
  }

  private func send(_ text: String, over transport: SocketTransport) {
    Array(text.utf8).withUnsafeBytes { transport.send($0, on: 0) }
  }

  /// What has happened by now.
  private func outcomes(of transport: SocketTransport) -> [LoadOutcome] {
    var found: [LoadOutcome] = []
    transport.wait(until: 0) { found.append($1) }
    return found
  }

  @Test func aDaemonTooBusyToAcceptIsWaitedFor() throws {
    let listener = try Listener()
    listener.fill()
    var pauses = 0
    _ = try SocketTransport(path: listener.path, connections: 2, as: .lines) {
      pauses += 1
      for connection in listener.nextAll() { Glibc.close(connection) }
    }
    #expect(pauses >= 1)
  }

  @Test func requestsWaitForAConnectionThatABusyDaemonHasNotAccepted() throws {
    let listener = try Listener()
    let transport = try SocketTransport(path: listener.path, connections: 1, as: .lines)
    Glibc.close(listener.next())
    #expect(outcomes(of: transport).isEmpty)
    listener.fill()
    send("one\n", over: transport)
    send("two\n", over: transport)
    #expect(outcomes(of: transport).isEmpty)
    for connection in listener.nextAll() { Glibc.close(connection) }
    #expect(outcomes(of: transport).isEmpty)
    let connection = listener.next()
    defer { Glibc.close(connection) }
    #expect(read(from: connection) == "one\ntwo\n")
    write(Self.answer + Self.answer, to: connection)
    #expect(outcomes(of: transport) == [.scored, .scored])
  }

  @Test func anAnswerThatNobodyAskedForEndsTheConnection() throws {
    let listener = try Listener()
    let transport = try SocketTransport(path: listener.path, connections: 1, as: .lines)
    let connection = listener.next()
    defer { Glibc.close(connection) }
    send("one\n", over: transport)
    #expect(outcomes(of: transport).isEmpty)
    write(Self.answer + Self.answer, to: connection)
    #expect(outcomes(of: transport) == [.scored])
    send("two\n", over: transport)
    #expect(outcomes(of: transport).isEmpty)
    let second = listener.next()
    defer { Glibc.close(second) }
    #expect(read(from: second) == "two\n")
    lose(second, transport)
  }

  /// The rest is lost, and nothing but the rest.
  private func lose(_ connection: Int32, _ transport: SocketTransport) {
    shutdown(connection, Int32(SHUT_RDWR))
    #expect(outcomes(of: transport) == [.connectionLost])
  }
}
