import Foundation
import TestSupport
import Testing

@testable import HTTP

/// The requests that make servers disagree with one another, at the level of the parser.
@Suite struct HostileRequestTests {
  struct Corpus: Decodable {
    struct Case: Decodable {
      var name: String
      var request: Data
      var status: [Int]
      var closed: Bool?
    }
    var then: Data
    var cases: [Case]
  }

  /// The status an answering server would give: 404 for a request that is well formed.
  private func answers(_ stream: [UInt8], piece: Int?) -> [Int] {
    outcomes(of: stream, piece: piece).map { outcome in
      switch outcome {
      case .failed(let status): return status
      default: return 404
      }
    }
  }

  @Test(.enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"), arguments: [nil, 1, 3])
  func everyCaseGetsItsAnswer(piece: Int?) throws {
    let file = try #require(Environment.shared).appendingPathComponent("http/hostile.json")
    let corpus = try JSONDecoder().decode(Corpus.self, from: Data(contentsOf: file))
    #expect(corpus.cases.count == 33)
    for one in corpus.cases {
      let answers = answers(Array(one.request + corpus.then), piece: piece)
      #expect(one.status.contains(answers.first ?? 0), "\(one.name): \(answers)")
      if let closed = one.closed {
        #expect(answers.count == (closed ? 1 : 2), "\(one.name): \(answers)")
      }
    }
  }

  @Test(arguments: [nil, 1, 3])
  func largeHeadersAreRefused(piece: Int?) {
    let head = "GET / HTTP/1.1\r\nHost: a\r\n"
    let value = String(repeating: "x", count: 1000)
    let many = head + (0..<200).map { "H\($0): \(value)\r\n" }.joined() + "\r\n"
    let one = head + "H: \(String(repeating: "x", count: 200_000))\r\n\r\n"
    #expect(answers(bytes(many), piece: piece) == [431])
    #expect(answers(bytes(one), piece: piece) == [431])
  }
}
