import Foundation
import TestSupport
import Testing

extension EndToEndTests {
  @Suite(.serialized, .enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"))
  struct ServingTests {
    private let flight = """
      {"time":"2013-07-01T17:15:00-05:00","carrier":"UA","flight":"UA1545","tailnum":"N14228","origin":"EWR",\
      "dest":"IAH","distance":1400}
      """

    @Test func curlScoresAndExplainsWhileFlightsAreLearnedAtFullSpeed() throws {
      let daemon = try DaemonUnderTest(.init(source: DaemonUnderTest.file(try Flights.file())))
      try daemon.start()
      var duringLearning = 0
      while true {
        let answer = try daemon.curl("/v1/score", body: "{\"instances\":[\(flight),\(flight)]}")
        let score = try answer["predictions.0.score"].number
        #expect(score > 0 && score < 1)
        let explanation = try daemon.curl("/v1/explain", body: "{\"instances\":[\(flight)]}")
        try expectTermsSumToTheRawScore(explanation)
        if try answer["model.events_learned"].number >= Double(Flights.count) { break }
        duringLearning += 1
      }
      print("\(duringLearning) answers while learning")
      #expect(duringLearning > 0)

      let body = "{\"instances\":[\(flight)]}"
      let before = try daemon.curl("/v1/score", body: body)["predictions"].canonical
      let explained = try daemon.curl("/v1/explain", body: body)
      #expect(try explained["terms"].elements.count == 9)
      #expect(try explained["pairs"].elements.count == 36)
      try expectRankingByScores(daemon)
      #expect(try daemon.terminate() == 0)
      try daemon.start()
      #expect(try daemon.curl("/v1/score", body: body)["predictions"].canonical == before)
      #expect(try daemon.terminate() == 0)
    }

    /// A context and candidates are ranked by the scores of the instances that they make together.
    private func expectRankingByScores(_ daemon: DaemonUnderTest) throws {
      let context = #""time":"2013-07-01T17:15:00-05:00","origin":"EWR","dest":"IAH","distance":1400"#
      let candidates = [
        #""carrier":"UA","flight":"UA1545""#, #""carrier":"B6""#, #""carrier":"AA","tailnum":"N14228""#,
      ]
      let given = candidates.map { "{\($0)}" }.joined(separator: ",")
      let whole = candidates.map { "{\(context),\($0)}" }.joined(separator: ",")
      let ranked = try daemon.curl("/v1/rank", body: "{\"context\":{\(context)},\"candidates\":[\(given)]}")
      let scored = try daemon.curl("/v1/score", body: "{\"instances\":[\(whole)]}")["predictions"].elements
      let order = try ranked["candidates"].elements.map { Int(try $0["position"].number) }
      let raws = try scored.map { try $0["raw"].number }
      #expect(order == raws.indices.sorted { raws[$0] > raws[$1] })
      for candidate in try ranked["candidates"].elements {
        let raw = raws[Int(try candidate["position"].number)]
        #expect(abs(try candidate["raw"].number - raw) <= 1e-5)
      }
    }

    /// Terms and raw score differ by at most 1e-6 x max(1, sum of |term|).
    private func expectTermsSumToTheRawScore(_ explanation: JSON) throws {
      var terms = [try explanation["bias"].number]
      terms += try explanation["terms"].elements.map { try $0["term"].number }
      terms += try explanation["pairs"].elements.map { try $0["term"].number }
      let sum = terms.reduce(0, +)
      let size = terms.reduce(0) { $0 + abs($1) }
      #expect(abs(sum - (try explanation["raw"].number)) <= 1e-6 * max(1, size))
    }

    @Test func rollbackTakesEffectWhileServingAndSurvivesAKill() throws {
      for position in ["keep", "rewind"] {
        let folder = try TemporaryDirectory()
        let path = folder.path("growing.ndjson")
        try FileManager.default.copyItem(atPath: Flights.file(first: 10_000, in: folder), toPath: path)
        let daemon = try DaemonUnderTest(.init(source: DaemonUnderTest.file(path, follow: true)))
        try daemon.start()
        try daemon.waitUntilLearned(10_000)
        try daemon.ctl("pause")
        let body = "{\"instances\":[\(flight)]}"
        let snapshot = try daemon.ctl("snapshot").trimmingCharacters(in: .whitespacesAndNewlines)
        let before = try daemon.curl("/v1/score", body: body)["predictions"].canonical

        try daemon.ctl("resume")
        let more = try Program.output("sed", ["-n", "10001,20000p", try Flights.file()])
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(more.utf8))
        try handle.close()
        try daemon.waitUntilLearned(20_000)
        try daemon.ctl("pause")
        let moved = try daemon.curl("/v1/score", body: body)["predictions"].canonical
        #expect(moved != before)

        try daemon.ctl("rollback", snapshot, "--position", position)
        #expect(try daemon.curl("/v1/score", body: body)["predictions"].canonical == before)
        daemon.kill()
        try daemon.start()
        #expect(try daemon.curl("/v1/score", body: body)["predictions"].canonical == before)
        let status = try daemon.status()
        #expect(try status["learning.state"].text == "paused")
        #expect(try status["events_learned"].number == 10_000)

        try daemon.ctl("resume")
        if position == "rewind" {
          try daemon.waitUntilLearned(20_000)
          #expect(try daemon.curl("/v1/score", body: body)["predictions"].canonical == moved)
        } else {
          // What came after the snapshot is skipped, also after the kill: only what is appended now is learned.
          let next = try Program.output("sed", ["-n", "20001,20100p", try Flights.file()])
          let handle = try #require(FileHandle(forWritingAtPath: path))
          try handle.seekToEnd()
          try handle.write(contentsOf: Data(next.utf8))
          try handle.close()
          try daemon.waitUntilLearned(10_100)
          let status = try eventually("the followed file is read to its end") { () -> JSON? in
            let status = try daemon.status()
            return try status["source.lag"].number == 0 ? status : nil
          }
          #expect(try status["events_learned"].number == 10_100)
        }
        #expect(try daemon.terminate() == 0)
      }
    }
  }
}
