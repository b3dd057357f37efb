import AttentionalFM
import Foundation
import ScoringAPI
import ScoringClient
import TestSupport
import Testing
import Threads

@testable import ScoringServer

@Suite struct ScoringTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func scoresAndExplainsOneAndTheSameNumber() throws {
    let fixture = try Fixture()
    let client = ScoringClient(path: fixture.score)
    let unknown = #"{"carrier":"ZZ","origin":"JFK","distance":0.1}"#
    let answer = try client.score(bytes("{\"instances\":[\(Fixture.instance),\(unknown)],\"model\":\"main\"}"))
    #expect(answer.predictions.count == 2)
    #expect(answer.predictions.map(\.unknown) == [0, 1])
    #expect(answer.model.name == "main" && answer.model.lineage == 41)
    #expect(answer.model.eventsLearned == Fixture.eventsLearned && answer.model.stalenessSeconds == nil)
    let first = answer.predictions[0]
    let raw = try #require(first.raw)
    #expect(first.score == Loss.logistic.predicted(raw: raw))

    for member in ["\"instance\":\(Fixture.instance)", "\"instances\":[\(Fixture.instance)]"] {
      let explanation = try client.explain(bytes("{\(member)}"))
      #expect(explanation.raw == first.raw && explanation.score == first.score)
      #expect(explanation.terms.map(\.field) == ["carrier", "origin", "tags", "tags", "distance"])
      #expect(explanation.terms.map(\.value).prefix(4) == ["UA", "JFK", "t1", "u"])
      #expect(explanation.pairs.count == 10 && explanation.unknown == 0)
      let terms = explanation.terms.compactMap(\.term) + explanation.pairs.compactMap(\.term)
      let sum = try #require(explanation.bias) + terms.reduce(0, +)
      let magnitude = terms.reduce(0) { $0 + abs($1) }
      #expect(abs(sum - Double(raw)) <= 1e-6 * max(1, magnitude))
      #expect(abs(sum - (explanation.sum ?? .nan)) < 1e-12)
      let attention = explanation.pairs.compactMap(\.attention).reduce(0, +)
      #expect(abs(attention - 1) < 1e-5)
      #expect(explanation.pairs.allSatisfy { $0.fieldPairWeight.map { $0 != 1 } ?? false })
    }
    let other = try client.explain(bytes("{\"instance\":\(unknown)}"))
    #expect(other.unknown == 1 && other.terms.map(\.known) == [false, true, true])
    #expect(other.terms[0].term == 0 && other.pairs.count == 1)
    #expect(other.raw == answer.predictions[1].raw)
  }

  @Test(arguments: CalibrationSettings.Kind.allCases)
  func answersCalibratedScoresAndExplainsWhatThatAdds(kind: CalibrationSettings.Kind) throws {
    let uncalibrated = try Fixture()
    let plain = ScoringClient(path: uncalibrated.score)
    let fixture = try Fixture(calibration: CalibrationSettings(kind: kind, refreshEvents: 100))
    let client = ScoringClient(path: fixture.score)
    let own = try #require(plain.score(bytes("{\"instances\":[\(Fixture.instance)]}")).predictions[0].raw)
    let answer = try client.score(bytes("{\"instances\":[\(Fixture.instance)]}")).predictions[0]
    let raw = try #require(answer.raw)
    #expect(raw != own && answer.score == Loss.logistic.predicted(raw: raw))
    let explanation = try client.explain(bytes("{\"instance\":\(Fixture.instance)}"))
    #expect(explanation.raw == raw && explanation.score == answer.score)
    let calibration = try #require(explanation.calibration)
    #expect(abs(calibration - (Double(raw) - Double(own))) < 1e-12)
    let terms = explanation.terms.compactMap(\.term) + explanation.pairs.compactMap(\.term) + [calibration]
    let sum = try #require(explanation.bias) + terms.reduce(0, +)
    #expect(abs(sum - Double(raw)) <= 1e-6 * max(1, terms.reduce(0) { $0 + abs($1) }))
    #expect(abs(sum - (explanation.sum ?? .nan)) < 1e-12)
    let ranked = try client.rank(bytes("{\"context\":{},\"candidates\":[\(Fixture.instance)]}")).candidates[0]
    // Ranking adds up context and candidate apart, so its own raw score may have other last bits.
    let rankedRaw = try #require(ranked.raw)
    #expect(abs(rankedRaw - raw) <= 1e-5 && ranked.score == Loss.logistic.predicted(raw: rankedRaw))
    #expect(try plain.explain(bytes("{\"instance\":\(Fixture.instance)}")).calibration == nil)
  }

  @Test func showsHowAnInstanceIsEncoded() throws {
    let fixture = try Fixture()
    let client = ScoringClient(path: fixture.control)
    let answer = try client.encode(bytes(#"{"instance":{"carrier":"ZZ","tags":["u"],"label":1}}"#))
    #expect(answer.features.map(\.field) == ["carrier", "tags"])
    #expect(answer.features.map(\.known) == [false, true])
    #expect(answer.features.allSatisfy { $0.hash.count == 16 })
  }

  @Test(arguments: [
    (#"{"instances":[{"carrier":"UA"},{"carrier":{}}]}"#, 400, "instances[1].carrier"),
    (#"{"instances":[3]}"#, 400, "instances[0]"),
    (#"{"instances":7}"#, 400, "instances"),
    (#"{}"#, 400, "instances"),
    (#"{"instances":[],"modle":"x"}"#, 400, "modle"),
    (#"{"instances":[],"model":"other"}"#, 404, "model"),
    (#"{"instances":[],"model":1}"#, 400, "model"),
    (#"{"instances":[{},{},{},{}]}"#, 413, "instances"),
    ("[]", 400, nil), ("{", 400, nil), ("", 400, nil),
  ])
  func saysWhichFieldIsAtFault(body: String, status: Int, field: String?) throws {
    let fixture = try Fixture(limits: ServerLimits(instances: 3))
    let client = ScoringClient(path: fixture.score)
    do {
      _ = try client.score(bytes(body))
      Issue.record("\(body) was taken")
    } catch {
      guard case .refused(let problem) = error else { throw error }
      #expect(problem.status == status && problem.field == field, "\(body): \(problem)")
    }
    // The connection is still good.
    #expect(try client.score(bytes(#"{"instances":[]}"#)).predictions.isEmpty)
  }

  @Test func healthAndMetrics() throws {
    let fixture = try Fixture()
    let client = ScoringClient(path: fixture.score)
    _ = try client.score(bytes("{\"instances\":[\(Fixture.instance)]}"))
    #expect(try client.answer(HealthAnswer.self, from: .ready).status == "ok")
    fixture.commands.setNotReady("there is no model yet")
    #expect(try client.ask(.ready).status == 503)
    #expect(try client.answer(HealthAnswer.self, from: .live).status == "ok")
    let metrics = try client.metrics()
    #expect(metrics.contains(#"afm_requests_total{model="main",verb="score",outcome="ok"} 1"#))
    #expect(metrics.contains(#"afm_requests_total{model="main",verb="ready",outcome="server_error"} 1"#))
    #expect(metrics.contains(#"afm_instances_scored_total{model="main"} 1"#))
    #expect(metrics.contains(#"afm_connections{model="main"} 1"#))
  }

  @Test func noScoreWaitsForTheMetrics() throws {
    let fixture = try Fixture()
    let (reading, released) = (Monitor(false), Monitor(false))
    fixture.registry.gauge("afm_slow", "Takes its time.") {
      reading.update { $0 = true }
      return released.wait(milliseconds: 60_000) { $0 ? 1 : nil }
    }
    let scrapes = try (0..<3).map { _ in
      let client = try UnixClient(path: fixture.score)
      client.send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      return client
    }
    #expect(reading.wait(milliseconds: 60_000) { $0 ? true : nil } == true)
    let client = ScoringClient(path: fixture.score)
    #expect(try client.score(bytes("{\"instances\":[\(Fixture.instance)]}")).predictions.count == 1)
    released.update { $0 = true }
    for scrape in scrapes {
      let text = String(decoding: scrape.receiveAll(), as: UTF8.self)
      #expect(text.hasPrefix("HTTP/1.1 200 ") && text.contains("Content-Type: text/plain; version=0.0.4"))
      #expect(text.contains("afm_slow{model=\"main\"} 1\n"))
    }
  }

  @Test func linesAreAnsweredInTheirOrder() throws {
    let fixture = try Fixture(loops: 2)
    let client = try LineClient(path: fixture.control)
    fixture.commands.hold()
    try client.send(
      bytes(
        """
        {"op":"score","id":1,"instances":[\(Fixture.instance)]}
        {"op":"status","id":{"a":[1,null,"x\\n"]}}
        {"op":"score","id":"after","instances":[]}

        {"op":"learning","id":-4.5,"state":"paused"}
        {"op":"wrong","id":true}
        {"op":"score"
        {"op":"ready"}\r\n
        """ + "\n"))
    let first = String(decoding: try client.receive(), as: UTF8.self)
    #expect(first.hasPrefix(#"{"id":1,"predictions":[{"score":"#) && first.hasSuffix(#""staleness_seconds":null}}"#))
    fixture.commands.release()
    #expect(
      String(decoding: try client.receive(), as: UTF8.self).hasPrefix(#"{"id":{"a":[1,null,"x\n"]},"arithmetic":"#))
    #expect(
      String(decoding: try client.receive(), as: UTF8.self).hasPrefix(#"{"id":"after","predictions":[],"model":"#))
    let learning = String(decoding: try client.receive(), as: UTF8.self)
    #expect(learning == #"{"id":-4.5,"positions":[],"state":"paused"}"#)
    let wrong = String(decoding: try client.receive(), as: UTF8.self)
    #expect(
      wrong.hasPrefix(#"{"id":true,"error":{"status":400,"title":"Bad request","#)
        && wrong.hasSuffix(#""field":"op"}}"#))
    #expect(String(decoding: try client.receive(), as: UTF8.self).hasPrefix(#"{"id":null,"error":{"status":400,"#))
    #expect(String(decoding: try client.receive(), as: UTF8.self) == #"{"id":null,"status":"ok"}"#)
  }

  @Test func aLastLineNeedsNoLineFeed() throws {
    let fixture = try Fixture()
    let client = try UnixClient(path: fixture.score)
    client.send(#"{"op":"live","id":9}"#)
    client.finish()
    #expect(String(decoding: client.receiveAll(), as: UTF8.self) == "{\"id\":9,\"status\":\"ok\"}\n")
  }
}
