import TestSupport
import Testing

@testable import afmctl

/// The commands that ask a daemon: what is asked, what is printed, and how they end.
struct DaemonCommandTests {
  private let model = "\"model\":{\"name\":\"main\",\"lineage\":null,\"events_learned\":7,\"staleness_seconds\":null}"

  private func run(_ daemon: FakeDaemon, _ words: String...) throws -> Captured {
    try Captured(["--socket", daemon.socket] + words)
  }

  @Test func scoresAreOneALine() throws {
    let body =
      "{\"predictions\":[{\"score\":0.25,\"raw\":-1.0986123,\"unknown\":0},{\"score\":null,\"raw\":null,\"unknown\":1}],\(model)}"
    let daemon = try FakeDaemon(["POST /v1/score": (200, body)])
    let folder = try TemporaryDirectory()
    let file = folder.path("instances")
    try "{\"a\":1}\n{\"a\":\"x\"}\n".write(toFile: file, atomically: true, encoding: .utf8)
    let captured = try run(daemon, "score", "--file", file)
    #expect(captured.code == .done)
    #expect(captured.output == "0.25\nnot finite\n")
    #expect(daemon.requests == ["POST /v1/score {\"instances\":[{\"a\":1},{\"a\":\"x\"}]}"])
    #expect(try run(daemon, "score", "{}", "--get", "predictions.0.raw").output == "-1.0986123\n")
    #expect(try run(daemon, "score", "{}", "--json").output == body + "\n")
    #expect(try run(daemon, "score", "{}", "--json", "--get", "x").code == .usage)
    #expect(try run(daemon, "score", "[]").code == .badData)
  }

  @Test func aBadLineIsReportedAfterTheScoresBeforeIt() throws {
    let good = (200, "{\"predictions\":[{\"score\":0.5,\"raw\":0.0,\"unknown\":0}],\(model)}")
    let daemon = try FakeDaemon(["POST /v1/score": good])
    let folder = try TemporaryDirectory()
    let file = folder.path("instances")
    try "{\"a\":1}\n{\"a\":\n{}\n".write(toFile: file, atomically: true, encoding: .utf8)
    let captured = try run(daemon, "score", "--file", file)
    #expect(captured.code == .badData)
    #expect(captured.output == "0.5\n")
  }

  @Test func candidatesAreRanked() throws {
    let body =
      "{\"candidates\":[{\"position\":1,\"score\":0.5,\"raw\":0.0,\"unknown\":0},{\"position\":0,\"score\":null,\"raw\":null,\"unknown\":12}],\(model)}"
    let daemon = try FakeDaemon(["POST /v1/rank": (200, body)])
    let table = """
      place       score         raw  unknown  candidate
          1    0.500000    0.000000        0  {"a":2}
          2  not finite  not finite       12  {"a":1}

      """
    #expect(try run(daemon, "rank", "{\"c\":1}", "{\"a\":1}", "{\"a\":2}").output == table)
    let folder = try TemporaryDirectory()
    let (context, file) = (folder.path("context"), folder.path("candidates"))
    try "{\"c\":\n1}\n".write(toFile: context, atomically: true, encoding: .utf8)
    try "{\"a\":1}\n\n{\"a\":2}\n".write(toFile: file, atomically: true, encoding: .utf8)
    #expect(try run(daemon, "rank", "--context", context, "--file", file, "--top", "3").output == table)
    #expect(try run(daemon, "rank", "--context", context, "{\"a\":1}", "--json").output == body + "\n")
    #expect(
      daemon.requests == [
        "POST /v1/rank {\"context\":{\"c\":1},\"candidates\":[{\"a\":1},{\"a\":2}]}",
        "POST /v1/rank {\"context\":{\"c\": 1},\"candidates\":[{\"a\":1},{\"a\":2}],\"top\":3}",
        "POST /v1/rank {\"context\":{\"c\": 1},\"candidates\":[{\"a\":1}]}",
      ])
    #expect(try run(daemon, "rank").code == .usage)
    #expect(try run(daemon, "rank", "{}", "{}", "--file", file).code == .usage)
    #expect(try run(daemon, "rank", "--context", "-").code == .usage)
    #expect(try run(daemon, "rank", "{}", "[]").code == .badData)
    #expect(try run(daemon, "rank", "{}", "{}", "--top", "0").code == .usage)
  }

  @Test func encodingsAreATable() throws {
    let daemon = try FakeDaemon([
      "POST /v1/encode": (
        200,
        "{\"features\":[{\"field\":\"carrier\",\"value\":\"UA\",\"hash\":\"00000000000000aa\",\"x\":1.0,\"known\":true}],\(model)}"
      )
    ])
    let captured = try run(daemon, "encode", "{\"carrier\":\"UA\"}")
    #expect(
      captured.output == """
        field    value  hash                x  known
        carrier  UA     00000000000000aa  1.0  yes

        """)
    #expect(daemon.requests == ["POST /v1/encode {\"instance\":{\"carrier\":\"UA\"}}"])
  }

  @Test func learningIsPausedAndResumed() throws {
    let daemon = try FakeDaemon(["POST /v1/learning": (200, "{\"state\":\"paused\",\"positions\":[]}")])
    #expect(try run(daemon, "pause").output == "learning is paused\n")
    _ = try run(daemon, "resume")
    _ = try run(daemon, "resume", "--position", "latest")
    _ = try run(daemon, "resume", "--position", "0:120,1:99")
    #expect(try run(daemon, "resume", "--position", "yesterday").code == .usage)
    #expect(
      daemon.requests == [
        "POST /v1/learning {\"state\":\"paused\"}", "POST /v1/learning {\"state\":\"running\"}",
        "POST /v1/learning {\"position\":\"latest\",\"state\":\"running\"}",
        "POST /v1/learning {\"position\":\"0:120,1:99\",\"state\":\"running\"}",
      ])
  }

  @Test func snapshotsAreTakenPinnedAndGoneBackTo() throws {
    let summary =
      "{\"abandoned\":false,\"bytes\":5,\"created\":\"2025-10-09T08:53:20Z\",\"current\":true,\"events_learned\":9,\"snapshot\":42,\"pinned\":true,\"reason\":\"request\"}"
    let rollback =
      "{\"events_abandoned\":1000,\"events_learned\":5000,\"learning\":{\"positions\":[],\"state\":\"paused\"},\"position\":\"keep\",\"restored\":41,\"snapshot\":43}"
    let daemon = try FakeDaemon([
      "POST /v1/snapshots": (200, summary), "POST /v1/snapshots/42/pin": (200, summary),
      "GET /v1/snapshots": (200, "{\"snapshots\":[\(summary)]}"), "POST /v1/rollback": (200, rollback),
    ])
    #expect(try run(daemon, "snapshot").output == "42\n")
    #expect(try run(daemon, "snapshot", "--full").output == "42\n")
    #expect(daemon.requests.last == "POST /v1/snapshots {\"full\":true}")
    #expect(try run(daemon, "snapshots", "pin", "42").output == "snapshot 42 is pinned\n")
    #expect(try run(daemon, "snapshots", "list", "--get", "snapshots.0.snapshot").output == "42\n")
    #expect(try run(daemon, "rollback", "41").code == .usage)
    #expect(try run(daemon, "rollback", "x", "--position", "keep").code == .usage)
    #expect(
      try run(daemon, "rollback", "41", "--position", "keep").output == """
        serving snapshot 41 again (5,000 events learned), as snapshot 43
        1,000 events learned since: skipped for good
        learning is paused

        """)
    #expect(daemon.requests.last == "POST /v1/rollback {\"position\":\"keep\",\"snapshot\":41}")
  }

  @Test func refusalsBecomeExitCodes() throws {
    let daemon = try FakeDaemon([
      "GET /health/ready": (503, "{\"status\":503,\"title\":\"Unavailable\",\"detail\":\"no model yet\"}"),
      "POST /v1/snapshots": (503, "{\"status\":503,\"title\":\"Unavailable\",\"detail\":\"one is running\"}"),
      "POST /v1/learning": (409, "{\"status\":409,\"title\":\"Conflict\",\"detail\":\"choose a position\"}"),
      "POST /v1/shutdown": (200, "nonsense"),
    ])
    #expect(try run(daemon, "ready").code == .negative)
    #expect(try run(daemon, "snapshot").code == .tryAgain)
    #expect(try run(daemon, "resume").code == .negative)
    #expect(try run(daemon, "snapshots", "pin", "7").code == .badData)
    #expect(try run(daemon, "shutdown").code == .internalError)
    #expect(try Captured(["--socket", daemon.socket + "x", "status"]).code == .unavailable)
  }
}
