import Glibc
import ScoringAPI
import TestSupport
import Testing

@testable import ScoringClient

/// What the client makes of a daemon that is not there, does not answer, or is something else.
@Suite struct ScoringClientTests {
  private func problem(_ body: () throws -> Void) -> ClientProblem? {
    do {
      try body()
      return nil
    } catch {
      return error as? ClientProblem
    }
  }

  @Test func sayWhenThereIsNoDaemon() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("none.sock")
    let found = problem { _ = try ScoringClient(path: path).status() }
    #expect(found == .noDaemon(path: path))
    #expect(found?.description.contains("start afmd") == true)
    #expect(problem { _ = try LineClient(path: path) } == .noDaemon(path: path))
    let long = directory.path(String(repeating: "x", count: 200))
    guard case .cannotConnect? = problem({ _ = try ScoringClient(path: long).status() }) else {
      Issue.record("a path that is too long was taken")
      return
    }
  }

  @Test func aDaemonThatDiedIsNoDaemon() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("dead.sock")
    do { _ = try Impostor(path: path, answers: []) }
    #expect(problem { _ = try ScoringClient(path: path).status() } == .noDaemon(path: path))
  }

  @Test func waitsNoLongerThanItsTimeout() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("s")
    let silent = try Impostor(path: path, answers: [])
    #expect(
      problem { _ = try ScoringClient(path: path, timeoutSeconds: 0.05).status() }
        == .timedOut(path: path, seconds: 0.05))
    silent.close()
  }

  @Test(.timeLimit(.minutes(1))) func oneWhoTalksWithoutEndIsNotHeardWithoutEnd() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("s")
    let interim = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 1000)
    let talker = try Impostor(path: path, answers: [interim], isEndless: true)
    #expect(
      problem { _ = try ScoringClient(path: path, timeoutSeconds: 0.2).status() }
        == .timedOut(path: path, seconds: 0.2))
    talker.close()
  }

  @Test(arguments: [
    "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
    "HTTP/1.1 200 OK\r\nContent-Length: x\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
  ])
  func aStrangerIsRecognised(answer: String) throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("s")
    let stranger = try Impostor(path: path, answers: [answer])
    guard case .broken? = problem({ _ = try ScoringClient(path: path, timeoutSeconds: 10).status() }) else {
      Issue.record("\(answer) was taken for an answer")
      return
    }
    stranger.close()
  }

  @Test func aProblemThatIsNoJSONIsStillOne() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("s")
    let server = try Impostor(path: path, answers: ["HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"])
    #expect(
      problem { _ = try ScoringClient(path: path).status() }
        == .refused(Problem(status: 503, title: "Service Unavailable", detail: "busy")))
    server.close()
  }
}
