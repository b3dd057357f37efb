import ScoringAPI
import ScoringClient
import TestSupport
import Testing

@testable import ScoringServer

@Suite struct LimitTests {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func bodiesAndLinesHaveTheirLimit() throws {
    let fixture = try Fixture(limits: ServerLimits(bodyBytes: 1000))
    let long = String(repeating: " ", count: 2000)
    let http = try UnixClient(path: fixture.score)
    http.send("POST /v1/score HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n")
    let refusal = text(http.receiveAll())
    #expect(refusal.hasPrefix("HTTP/1.1 413 ") && refusal.contains("Connection: close"))
    let lines = try UnixClient(path: fixture.score)
    lines.send("{\"op\":\"live\"}\n{\(long)")
    let answers = text(lines.receiveAll()).split(separator: "\n")
    #expect(answers.first == #"{"id":null,"status":"ok"}"#)
    #expect(answers.last?.hasPrefix(#"{"id":null,"error":{"status":413,"#) == true)
  }

  @Test func tooManyConnectionsAreToldSo() throws {
    let fixture = try Fixture(limits: ServerLimits(connections: 2, idleBeforeRoomMilliseconds: 600_000))
    let first = ScoringClient(path: fixture.score)
    let second = try LineClient(path: fixture.control)
    _ = try first.ask(.live)
    _ = try second.exchange(Array(#"{"op":"live"}"#.utf8))
    let shed = try UnixClient(path: fixture.score)
    shed.send("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(text(shed.receiveAll()).hasPrefix("HTTP/1.1 503 "))
    let shedLines = try UnixClient(path: fixture.score)
    shedLines.send("{\"op\":\"live\"}\n")
    #expect(text(shedLines.receiveAll()).hasPrefix(#"{"id":null,"error":{"status":503,"#))
    #expect(try first.ask(.live).status == 200)
  }

  @Test func applicationsCannotLockOperatorsOut() throws {
    let fixture = try Fixture(limits: ServerLimits(connections: 1, idleBeforeRoomMilliseconds: 600_000))
    var applications: [UnixClient] = []
    // One that is served, those that would be told that they are too many, and one that is closed at once: then all
    // those before it have been taken.
    for _ in 0..<(1 + Population.shedAllowance) { applications.append(try UnixClient(path: fixture.score)) }
    #expect(try UnixClient(path: fixture.score).receiveAll().isEmpty)
    #expect(try ScoringClient(path: fixture.control).ask(.live).status == 200)
    #expect(applications.count == 1 + Population.shedAllowance)
  }

  @Test func idleConnectionsMakeRoom() throws {
    let fixture = try Fixture(limits: ServerLimits(connections: 20, idleBeforeRoomMilliseconds: 0))
    let idle = try (0..<60).map { _ in try UnixClient(path: fixture.score) }
    let client = ScoringClient(path: fixture.score)
    #expect(try client.ask(.live).status == 200)
    #expect(try ScoringClient(path: fixture.control).ask(.live).status == 200)
    let metrics = try ScoringClient(path: fixture.score).metrics()
    // Each made room for one.
    let open = metrics.split(separator: "\n").first { $0.hasPrefix("afm_connections{") }?.split(separator: " ").last
    #expect(try #require(open.flatMap { Int($0) }) <= 25)
    #expect(metrics.contains("afm_connections_shed_total{model=\"main\"} 0"))
    #expect(idle.count == 60)
  }

  /// Connections that are all busy: each has sent half a request.
  @Test func eachSocketHasAReserve() throws {
    let fixture = try Fixture(limits: ServerLimits(connections: 16, idleBeforeRoomMilliseconds: 0))
    let busy = try (0..<30).map { _ in
      let client = try UnixClient(path: fixture.control)
      client.send("GET /health/live HT")
      return client
    }
    // Answered by one that came last: all before it have been taken.
    #expect(try ScoringClient(path: fixture.score).ask(.live).status == 200)
    #expect(try ScoringClient(path: fixture.score).ask(.live).status == 200)
    #expect(busy.count == 30)
  }

  @Test func whoIsSilentTooLongIsAskedToLeave() throws {
    let fixture = try Fixture(limits: ServerLimits(idleMilliseconds: 100))
    let idle = try UnixClient(path: fixture.score)
    let slow = try UnixClient(path: fixture.score)
    slow.send("GET /health/live HT")
    let slowLine = try UnixClient(path: fixture.score)
    slowLine.send("{\"op\"")
    #expect(idle.receiveAll().isEmpty)
    #expect(text(slow.receiveAll()).hasPrefix("HTTP/1.1 408 "))
    #expect(text(slowLine.receiveAll()).hasPrefix(#"{"id":null,"error":{"status":408,"#))
  }

  @Test func aClientThatReadsNothingIsNotServedWithoutEnd() throws {
    let fixture = try Fixture()
    let client = try UnixClient(path: fixture.score)
    // Many more answers than the socket and the server hold back together.
    let requests = 400
    let descriptor = client.descriptor
    let sender = Sender(descriptor: descriptor, text: "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", count: requests)
    #expect(try ScoringClient(path: fixture.score).ask(.live).status == 200)
    var answers = 0
    var rest: [UInt8] = []
    let mark = Array("HTTP/1.1 200".utf8)
    while answers < requests, let bytes = client.receive(maximum: 1 << 20), !bytes.isEmpty {
      rest += bytes
      var start = 0
      while let found = rest[start...].firstRange(of: mark) {
        answers += 1
        start = found.upperBound
      }
      rest = Array(rest.suffix(min(mark.count - 1, rest.count - start)))
    }
    #expect(answers == requests)
    sender.join()
  }
}
