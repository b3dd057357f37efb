import Glibc
import HTTP
import JSONReading

/// Finds the answers in what a connection receives.
struct AnswerReader {
  private enum Speech {
    case lines(partial: [UInt8])
    case http(ResponseParser)
  }

  /// The bytes are no answers: nothing that comes behind them can be understood.
  struct Unintelligible: Error {}

  private var speech: Speech
  /// Kept as long as the values it gives are used.
  private let reader = JSONReader(maximumBytes: 64 << 20, maximumDepth: 64)

  init(_ spoken: LoadProtocol) {
    speech = spoken == .lines ? .lines(partial: []) : .http(ResponseParser())
  }

  /// Takes bytes and calls with the outcome of each answer that they complete.
  mutating func take(_ bytes: UnsafeRawBufferPointer, _ answered: (LoadOutcome) -> Void) throws(Unintelligible) {
    switch speech {
    case .lines(var partial):
      speech = .lines(partial: [])
      takeLines(bytes, &partial, answered)
      speech = .lines(partial: partial)
    case .http(var parser):
      speech = .lines(partial: [])
      try takeResponses(bytes, &parser, answered)
      speech = .http(parser)
    }
  }

  private func takeLines(
    _ bytes: UnsafeRawBufferPointer, _ partial: inout [UInt8], _ answered: (LoadOutcome) -> Void
  ) {
    var rest = bytes
    while let start = rest.baseAddress, let end = memchr(start, Int32(UInt8(ascii: "\n")), rest.count) {
      let length = UnsafeRawPointer(end) - start
      let line = UnsafeRawBufferPointer(rebasing: rest[..<length])
      if partial.isEmpty {
        answered(outcome(ofLine: line))
      } else {
        partial.append(contentsOf: line)
        partial.withUnsafeBytes { answered(outcome(ofLine: $0)) }
        partial.removeAll(keepingCapacity: true)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[(length + 1)...])
    }
    partial.append(contentsOf: rest)
  }

  private func takeResponses(
    _ bytes: UnsafeRawBufferPointer, _ parser: inout ResponseParser, _ answered: (LoadOutcome) -> Void
  ) throws(Unintelligible) {
    var position = 0
    while position < bytes.count {
      let (taken, step) = parser.consume(UnsafeRawBufferPointer(rebasing: bytes[position...]))
      position += taken
      switch step {
      case .needsMore: return
      case .failed: throw Unintelligible()
      case .response(let response):
        if response.status == 200 {
          answered(.scored)
        } else {
          let detail = response.body.withUnsafeBytes { problem(in: $0) }?.detail ?? ""
          answered(.refused(status: response.status, detail: detail))
        }
      }
    }
  }

  /// A score's line begins with its id, which is a number here, and goes on with the predictions.
  private func outcome(ofLine line: UnsafeRawBufferPointer) -> LoadOutcome {
    if let comma = line.firstIndex(of: UInt8(ascii: ",")),
      line[(comma + 1)...].starts(with: "\"predictions\":[".utf8)
    {
      return .scored
    }
    let problem = problem(in: line)
    return .refused(status: problem?.status ?? 0, detail: problem?.detail ?? "the answer is no line of the protocol")
  }

  /// The problem that an answer is, or holds as `error`.
  private func problem(in json: UnsafeRawBufferPointer) -> (status: Int, detail: String)? {
    guard let root = try? reader.parse(json) else { return nil }
    let problem = root.member("error") ?? root
    guard let status = problem.member("status")?.int64 else { return nil }
    return (Int(status), problem.member("detail")?.string ?? "")
  }
}
