import Foundation
import ScoringAPI
import ScoringClient
import Testing

@testable import ScoringServer

@Suite struct RankingTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private static let candidates = [
    #""carrier":"AA""#, #""carrier":"UA","distance":0.4"#, "", #""carrier":"ZZ""#, #""carrier":"AA","distance":null"#,
    #""carrier":"DL","label":0"#, #""distance":0.2"#,
  ]

  @Test(arguments: [#""origin":"JFK","tags":["t1","u"]"#, "", #""origin":"??""#])
  func ranksByTheScoresOfWholeInstances(context: String) throws {
    let fixture = try Fixture()
    let client = ScoringClient(path: fixture.score)
    let whole = Self.candidates.map { "{" + [context, $0].filter { !$0.isEmpty }.joined(separator: ",") + "}" }
    let scored = try client.score(bytes("{\"instances\":[\(whole.joined(separator: ","))]}")).predictions
    let given = Self.candidates.map { "{\($0)}" }.joined(separator: ",")
    let ranked = try client.rank(bytes("{\"context\":{\(context)},\"candidates\":[\(given)]}"))
    #expect(ranked.model.name == "main" && ranked.model.eventsLearned == Fixture.eventsLearned)
    #expect(ranked.candidates.map(\.position).sorted() == Array(Self.candidates.indices))
    for candidate in ranked.candidates {
      let prediction = scored[candidate.position]
      #expect(candidate.unknown == prediction.unknown)
      #expect(abs(try #require(candidate.raw) - (try #require(prediction.raw))) <= 1e-6 * 10)
      #expect(abs(try #require(candidate.score) - (try #require(prediction.score))) <= 1e-6 * 10)
    }
    for (better, worse) in zip(ranked.candidates, ranked.candidates.dropFirst()) {
      let (high, low) = (try #require(better.raw), try #require(worse.raw))
      #expect(high > low || (high == low && better.position < worse.position))
    }
    // The first and the fifth are one and the same.
    let places = ranked.candidates.map(\.position)
    #expect(places.firstIndex(of: 4) == places.firstIndex(of: 0).map { $0 + 1 })

    for top in [1, 3, 7, 100] {
      let best = try client.rank(bytes("{\"context\":{\(context)},\"candidates\":[\(given)],\"top\":\(top)}"))
      #expect(best.candidates == Array(ranked.candidates.prefix(top)))
    }
  }

  @Test func linesRankToo() throws {
    let fixture = try Fixture()
    let client = try LineClient(path: fixture.score)
    let answer = try client.exchange(
      bytes(#"{"op":"rank","id":"r","context":{"origin":"JFK"},"candidates":[{"carrier":"UA"}],"top":null}"#))
    let text = String(decoding: answer, as: UTF8.self)
    #expect(text.hasPrefix(#"{"id":"r","candidates":[{"position":0,"score":0."#))
    let none = try client.exchange(bytes(#"{"op":"rank","context":{},"candidates":[]}"#))
    #expect(String(decoding: none, as: UTF8.self).hasPrefix(#"{"id":null,"candidates":[],"model":"#))
    let wrong = try client.exchange(bytes(#"{"op":"rank","id":1,"context":{},"candidates":[{},{"carrier":[1]}]}"#))
    #expect(String(decoding: wrong, as: UTF8.self).contains(#""field":"candidates[1].carrier""#))
  }

  @Test(arguments: [
    (#"{"context":{"carrier":"UA"},"candidates":[{},{"carrier":"AA"}]}"#, 400, "candidates[1].carrier"),
    (#"{"context":{"carrier":{}},"candidates":[]}"#, 400, "context.carrier"),
    (#"{"context":[],"candidates":[]}"#, 400, "context"),
    (#"{"context":{},"candidates":[7]}"#, 400, "candidates[0]"),
    (#"{"context":{},"candidates":{}}"#, 400, "candidates"),
    (#"{"candidates":[]}"#, 400, "context"), (#"{"context":{}}"#, 400, "candidates"),
    (#"{"context":{},"candidates":[],"top":0}"#, 400, "top"),
    (#"{"context":{},"candidates":[],"top":"3"}"#, 400, "top"),
    (#"{"context":{},"candidates":[],"best":1}"#, 400, "best"),
    (#"{"context":{},"candidates":[],"model":"other"}"#, 404, "model"),
    (#"{"context":{},"candidates":[{},{},{},{}]}"#, 413, "candidates"),
    ("", 400, nil),
  ])
  func saysWhichFieldIsAtFault(body: String, status: Int, field: String?) throws {
    let fixture = try Fixture(limits: ServerLimits(candidates: 3))
    let client = ScoringClient(path: fixture.score)
    do {
      _ = try client.rank(bytes(body))
      Issue.record("\(body) was taken")
    } catch {
      guard case .refused(let problem) = error else { throw error }
      #expect(problem.status == status && problem.field == field, "\(body): \(problem)")
    }
    // The connection is still good.
    #expect(try client.rank(bytes(#"{"context":{},"candidates":[{},{},{}]}"#)).candidates.count == 3)
  }

  @Test func manyCandidatesKeepTheirBitsInAnyOrder() throws {
    let fixture = try Fixture()
    let client = ScoringClient(path: fixture.score)
    let given = (0..<700).map { number in
      "{\"carrier\":\"\(["UA", "AA", "DL", "ZZ"][number % 4])\",\"distance\":\(Double(number) / 100)}"
    }
    func rank(_ candidates: [String]) throws -> [RankedCandidateAnswer] {
      try client.rank(
        bytes(
          "{\"context\":{\"origin\":\"JFK\",\"tags\":[\"t1\",\"u\"]},\"candidates\":[\(candidates.joined(separator: ","))]}"
        )
      ).candidates
    }
    let ranked = try rank(given)
    let reversed = try rank(given.reversed())
    #expect(Set(ranked.map(\.position)).count == 700)
    let raws = Dictionary(uniqueKeysWithValues: reversed.map { (699 - $0.position, $0.raw) })
    #expect(ranked.allSatisfy { raws[$0.position] == $0.raw })
    #expect(try rank([given[5]])[0].raw == ranked.first { $0.position == 5 }?.raw)
  }

  @Test func theBestAreThoseOfAWholeSort() {
    var state: UInt64 = 1
    func random() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    for count in [0, 1, 2, 7, 100, 1000] {
      let special: [Float] = [0, -0.0, .nan, .infinity, -.infinity, -.greatestFiniteMagnitude]
      let scores = (0..<count).map { _ in
        random() % 5 == 0 ? special[Int(random() % 6)] : Float(Int(random() % 50)) - 25
      }
      func rank(_ score: Float) -> Double { score.isFinite ? -Double(score) : .infinity }
      let sorted = scores.indices.sorted { (rank(scores[$0]), $0) < (rank(scores[$1]), $1) }
      var best = BestFirst()
      for limit in [0, 1, 2, 3, 10, 99, 100, 5000, Int.max] {
        best.begin(limit: limit)
        for (position, score) in scores.enumerated() { best.add(score, position: UInt32(position)) }
        var found: [Int] = []
        best.forEach { found.append($0) }
        #expect(found == Array(sorted.prefix(limit)), "\(limit) of \(count)")
      }
    }
  }
}
