import Foundation
import TestSupport
import Testing

/// The requests that make servers disagree with one another, over a real socket.
@Suite struct HostileSocketTests {
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

  /// Sends the bytes in pieces and gives the status codes that came back until the connection ended.
  private func statuses(_ bytes: [UInt8], piece: Int?, at path: String) throws -> [Int] {
    let client = try UnixClient(path: path)
    let size = piece ?? bytes.count
    for start in stride(from: 0, to: bytes.count, by: size) {
      guard client.send(Array(bytes[start..<min(start + size, bytes.count)])) else { break }
    }
    client.finish()
    let answers = String(decoding: client.receiveAll(), as: UTF8.self)
    return answers.components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap { Int($0.prefix(3)) }
  }

  @Test(.enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"), arguments: [nil, 1, 3])
  func everyCaseGetsItsAnswer(piece: Int?) throws {
    let fixture = try Fixture()
    let file = try #require(Environment.shared).appendingPathComponent("http/hostile.json")
    let corpus = try JSONDecoder().decode(Corpus.self, from: Data(contentsOf: file))
    #expect(corpus.cases.count == 33)
    for one in corpus.cases {
      for path in [fixture.score, fixture.control] {
        let answers = try statuses(Array(one.request + corpus.then), piece: piece, at: path)
        #expect(one.status.contains(answers.first ?? 0), "\(one.name): \(answers)")
        if let closed = one.closed {
          #expect(answers.count == (closed ? 1 : 2), "\(one.name): \(answers)")
        }
      }
    }
  }

  @Test(arguments: [nil, 1000, 3])
  func largeHeadersAreRefused(piece: Int?) throws {
    let fixture = try Fixture()
    let head = "GET / HTTP/1.1\r\nHost: a\r\n"
    let value = String(repeating: "x", count: 1000)
    let many = head + (0..<200).map { "H\($0): \(value)\r\n" }.joined() + "\r\n"
    let one = head + "H: \(String(repeating: "x", count: 200_000))\r\n\r\n"
    let then = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
    #expect(try statuses(Array((many + then).utf8), piece: piece, at: fixture.score) == [431])
    #expect(try statuses(Array((one + then).utf8), piece: piece, at: fixture.score) == [431])
  }
}
