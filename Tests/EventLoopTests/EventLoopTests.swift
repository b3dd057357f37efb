import Glibc
import TestSupport
import Testing
import Threads

@testable import EventLoop

@Suite struct EventLoopTests {
  @Test func runsWhatItIsGivenInOrderOnItsThread() throws {
    let loop = try EventLoop(name: "test-loop")
    let seen = Lock<[Int]>([])
    for number in 0..<100 {
      loop.enqueue { if loop.isCurrent { seen.withLock { $0.append(number) } } }
    }
    #expect(loop.perform { loop.isCurrent } == true)
    #expect(seen.withLock { $0 } == Array(0..<100))
    #expect(!loop.isCurrent)
    loop.stop()
    #expect(!loop.enqueue {})
    #expect(loop.perform { 1 } == nil)
    loop.stop()
  }

  @Test func timersRepeatUntilClosed() throws {
    let loop = try EventLoop(name: "test-loop")
    let ticks = Monitor(0)
    loop.enqueue { _ = try? Timer(loop: loop, everyMilliseconds: 1) { ticks.update { $0 += 1 } } }
    #expect(ticks.wait(milliseconds: 20_000) { $0 >= 3 ? true : nil } == true)
    loop.stop()
  }

  @Test(arguments: [false, true])
  func echoes(onAnotherLoop: Bool) throws {
    let directory = try TemporaryDirectory()
    let loop = try EventLoop(name: "test-loop")
    let other = onAnotherLoop ? try EventLoop(name: "test-loop-2") : nil
    let path = directory.path("s")
    _ = try listen(on: loop, path: path, target: other)?.get()
    let clients = try (0..<5).map { _ in try UnixClient(path: path) }
    for (number, client) in clients.enumerated() { client.send("hello \(number)\n") }
    for (number, client) in clients.enumerated() { #expect(client.receiveLine() == "hello \(number)") }
    loop.stop()
    other?.stop()
    #expect(clients[0].receiveAll().isEmpty)
    #expect(access(path, F_OK) != 0, "the socket's file is deleted with the listener")
  }

  @Test func aPeerThatDoesNotReadIsWaitedFor() throws {
    let directory = try TemporaryDirectory()
    let loop = try EventLoop(name: "test-loop")
    let path = directory.path("s")
    _ = try listen(on: loop, path: path)?.get()
    let client = try UnixClient(path: path)
    let bytes = (0..<4_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
    let descriptor = client.descriptor
    let sender = DedicatedThread(name: "sender") {
      var position = 0
      while position < bytes.count {
        let count = bytes.withUnsafeBytes {
          Glibc.write(descriptor, $0.baseAddress.map { $0 + position }, min(50_000, bytes.count - position))
        }
        guard count > 0 else { return }
        position += count
      }
    }
    var received: [UInt8] = []
    while received.count < bytes.count, let more = client.receive(), !more.isEmpty { received += more }
    sender.join()
    #expect(received == bytes)
    loop.stop()
  }

  @Test func socketsHaveTheirModeAndReplaceOnlyTheDead() throws {
    let directory = try TemporaryDirectory()
    let loop = try EventLoop(name: "test-loop")
    let path = directory.path("s")
    let first = try #require(try listen(on: loop, path: path, mode: 0o640)?.get())
    var information = stat()
    #expect(stat(path, &information) == 0 && information.st_mode & 0o777 == 0o640)

    func refusal(_ path: String) -> LoopProblem? {
      guard case .failure(let problem)? = listen(on: loop, path: path) else { return nil }
      return problem
    }
    #expect(refusal(path)?.code == "EADDRINUSE")
    #expect(refusal(directory.path(String(repeating: "x", count: 120)))?.message.contains("107") == true)
    #expect(refusal(directory.path("none/s"))?.message.contains("there is no directory") == true)
    let file = directory.path("file")
    close(creat(file, 0o600))
    #expect(refusal(file)?.message.contains("another kind of file") == true)

    // A socket left behind by a process that died: bound, and nobody listens.
    _ = loop.perform { first.close() }
    let stale = try StaleSocket(path: path)
    #expect(access(stale.path, F_OK) == 0)
    _ = try listen(on: loop, path: path)?.get()
    let client = try UnixClient(path: path)
    client.send("alive\n")
    #expect(client.receiveLine() == "alive")
    loop.stop()
  }

  @Test func listensOnAnInheritedSocket() throws {
    let directory = try TemporaryDirectory()
    let loop = try EventLoop(name: "test-loop")
    let path = directory.path("s")
    let socket = try StaleSocket(path: path, closes: false)
    let descriptor = socket.descriptor
    let listener = loop.perform {
      Result { () throws(LoopProblem) in
        try Listener(loop: loop, inherited: descriptor, onConnection: { take($0, nil) }, onProblem: { _ in })
      }
    }
    _ = try listener?.get()
    let client = try UnixClient(path: path)
    client.send("inherited\n")
    #expect(client.receiveLine() == "inherited")
    loop.stop()
    #expect(access(path, F_OK) == 0, "an inherited socket's file is not ours to delete")
  }

  @Test func anInheritedSocketThatOthersCouldReachIsRefused() throws {
    let loop = try EventLoop(name: "test-loop")
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    let listener = loop.perform {
      Result { () throws(LoopProblem) in
        try Listener(loop: loop, inherited: descriptor, onConnection: { take($0, nil) }, onProblem: { _ in })
      }
    }
    guard case .failure(let problem)? = listener else {
      Issue.record("listens on TCP")
      return
    }
    #expect(problem.message.contains("no Unix stream socket"))
    loop.stop()
  }
}

/// A bound socket on which nobody listens.
private struct StaleSocket {
  let path: String
  let descriptor: Int32

  init(path: String, closes: Bool = true) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0)
    if closes { close(descriptor) }
  }
}
