import Foundation
import ScoringAPI
import ScoringClient
import TestSupport
import Testing
import Threads

@testable import ScoringServer

@Suite struct CommandTests {
  @Test func commandsReachTheDaemonAndAreLoggedWithTheirSender() throws {
    let fixture = try Fixture()
    let client = ScoringClient(path: fixture.control)
    let status = try client.status()
    #expect(status.eventsLearned == 300 && status.progressive.wholeRun.normalizedEntropy == nil)
    #expect(try client.snapshots().map(\.id) == [40, 41])
    #expect(try client.takeSnapshot().id == 42)
    #expect(try client.takeSnapshot(SnapshotRequest(full: true)).rows == 3)
    #expect(try client.setPin(true, snapshot: 41).pinned)
    #expect(try !client.setPin(false, snapshot: 41).pinned)
    let report = try client.rollback(RollbackRequest(snapshot: 40, position: .keep))
    #expect(report.restored == 40 && report.learning.state == .paused)
    #expect(try client.setLearning(LearningRequest(state: .running, position: "earliest")).state == .running)
    #expect(try client.shutdown().eventsLearned == 300)
    #expect(
      fixture.commands.asked == [
        "status", "snapshots", "snapshot", "full snapshot", "pin 41", "unpin 41", "rollback 40 keep",
        "learning running earliest",
        "shutdown",
      ])
    let sender = "pid=\(getpid()) uid=\(getuid()) gid=\(getgid())"
    let logged = fixture.logged.withLock { $0 }.filter { $0.contains("command=rollback") && $0.contains(sender) }
    #expect(logged.count == 2)
    #expect(throws: ClientProblem.refused(.notFound("there is no snapshot 99"))) {
      try client.setPin(true, snapshot: 99)
    }
  }

  @Test func commandsAreForOperatorsAlone() throws {
    let fixture = try Fixture()
    let client = ScoringClient(path: fixture.score)
    for endpoint in Endpoint.allCases where endpoint.needsControl {
      #expect(try client.ask(endpoint, snapshot: endpoint.path.contains("{id}") ? 1 : nil).status == 403)
    }
    #expect(try client.ask(.status).status == 200)
    let lines = try LineClient(path: fixture.score)
    let answer = try lines.exchange(Array(#"{"op":"shutdown","id":1}"#.utf8))
    #expect(String(decoding: answer, as: UTF8.self).hasPrefix(#"{"id":1,"error":{"status":403,"#))
    #expect(fixture.commands.asked == ["status"])
  }

  @Test(arguments: [
    (Endpoint.rollback, #"{"snapshot":41}"#, "position"), (.rollback, #"{"position":"keep"}"#, "snapshot"),
    (.rollback, #"{"snapshot":-1,"position":"keep"}"#, "snapshot"),
    (.rollback, #"{"snapshot":41,"position":"back"}"#, "position"),
    (.rollback, #"{"snapshot":41,"position":"keep","x":1}"#, "x"), (.learning, #"{}"#, "state"),
    (.learning, #"{"state":"stopped"}"#, "state"), (.learning, #"{"state":"paused","position":"keep"}"#, "position"),
    (.learning, #"{"state":"running","position":7}"#, "position"), (.snapshot, #"{"why":1}"#, "why"),
    (.snapshot, #"{"full":1}"#, "full"),
  ])
  func wrongCommandsNeverReachTheDaemon(endpoint: Endpoint, body: String, field: String) throws {
    let fixture = try Fixture()
    let reply = try ScoringClient(path: fixture.control).ask(endpoint, body: Array(body.utf8))
    let problem = try OperatorJSON.decode(Problem.self, from: reply.body)
    #expect(reply.status == 400 && problem.field == field, "\(problem)")
    #expect(fixture.commands.asked.isEmpty)
  }

  @Test func aClientThatLeavesBeforeItsAnswerHarmsNobody() throws {
    let fixture = try Fixture()
    fixture.commands.hold()
    do {
      let client = try UnixClient(path: fixture.control)
      client.send("POST /v1/snapshots HTTP/1.1\r\nHost: a\r\n\r\nGET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n")
      fixture.commands.release()
    }
    #expect(try ScoringClient(path: fixture.control).status().eventsLearned == 300)
  }

  @Test func aCommandUnderWayAtTheEndIsAnsweredAndNothingAfterIt() throws {
    let fixture = try Fixture()
    fixture.commands.hold()
    let client = try UnixClient(path: fixture.control)
    client.send("{\"op\":\"snapshot\",\"id\":1}\n{\"op\":\"live\",\"id\":2}\n")
    let idle = try LineClient(path: fixture.control)
    _ = try idle.exchange(Array(#"{"op":"live"}"#.utf8))
    let server = fixture.server
    let stopping = DedicatedThread(name: "stopping") { server.stop(graceMilliseconds: 5_000) }
    // Once the idle connection is closed, every connection has been told.
    #expect(throws: ClientProblem.self) { try idle.receive() }
    fixture.commands.release()
    let answers = String(decoding: client.receiveAll(), as: UTF8.self)
    #expect(answers.hasPrefix("{\"id\":1,") && !answers.contains("\"id\":2"), "\(answers)")
    stopping.join()
  }
}
