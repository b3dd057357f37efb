import Testing

@testable import HTTP

/// Damaged requests: the parser never traps, and what it finds never depends on how the bytes were cut.
@Suite struct RequestParserFuzzTests {
  private static let seeds: [String] = [
    "POST /v1/score HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /next HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: x\r\n\r\n",
    "GET /a%20b?c=d&e=f HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "GET http://h:1/p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
    "\r\nDELETE /v1/snapshots/4/pin HTTP/1.1\r\nHost: [::1]:80\r\nX:\t y \r\nConnection: close\r\n\r\n",
  ]
  private static let splices: [String] = [
    "\r\n", "\n", "\r", "\0", ":", " ", "\t", "%", "chunked", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n",
    "Host: b\r\n", "0\r\n\r\n", "ffffffffffffffff", "99999999999999999999", "HTTP/1.1", ";", ",", "{", "\u{FF}",
  ]

  private func mutate(_ random: inout some RandomNumberGenerator) -> [UInt8] {
    var stream: [UInt8] = []
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      stream += Array((Self.seeds.randomElement(using: &random) ?? "").utf8)
    }
    for _ in 0..<Int.random(in: 0...4, using: &random) where !stream.isEmpty {
      let place = Int.random(in: 0..<stream.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: stream[place] = UInt8.random(in: 0...255, using: &random)
      case 1: stream.remove(at: place)
      case 2: stream.insert(contentsOf: Array((Self.splices.randomElement(using: &random) ?? "").utf8), at: place)
      default: stream.removeSubrange(place..<min(place + Int.random(in: 1...12, using: &random), stream.count))
      }
    }
    return stream
  }

  private func cut(_ stream: [UInt8], _ random: inout some RandomNumberGenerator) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var start = 0
    while start < stream.count {
      let end = min(start + Int.random(in: 1...20, using: &random), stream.count)
      pieces.append(Array(stream[start..<end]))
      start = end
    }
    return pieces
  }

  @Test func damagedRequestsNeverDependOnTheirPieces() {
    var random = SplitMix(state: 20_240_607)
    let limits = Limits(headBytes: 300, headerCount: 6, bodyBytes: 64)
    var refused = 0
    for round in 0..<20_000 {
      let stream = mutate(&random)
      let whole = outcomes(of: stream, limits: limits)
      let pieces = outcomes(ofPieces: cut(stream, &random), limits: limits)
      // Which limit is passed first may depend on the pieces; that one is passed may not.
      #expect(whole.map(\.kind) == pieces.map(\.kind), "round \(round): \(String(decoding: stream, as: UTF8.self))")
      if case .failed = whole.last { refused += 1 }
    }
    #expect(refused > 5_000 && refused < 19_000)
  }

  @Test func noiseIsRefused() {
    var random = SplitMix(state: 7)
    for _ in 0..<5_000 {
      let noise = (0..<Int.random(in: 1...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      for outcome in outcomes(of: noise) {
        if case .request = outcome { Issue.record("noise was taken for a request: \(noise)") }
      }
    }
  }
}

extension Outcome {
  /// The outcome, with the status of a refusal left out.
  fileprivate var kind: Outcome {
    if case .failed = self { return .failed(0) }
    return self
  }
}

/// A small seeded generator, so that every run tries the same bytes.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
