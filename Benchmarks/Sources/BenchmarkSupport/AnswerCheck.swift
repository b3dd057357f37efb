/// That a measured answer is one: an error is answered faster than a score. To be called outside the time that is
/// measured; it looks at the answer's beginning alone.
public enum AnswerCheck {
  /// Fails unless a line or an HTTP answer holds scores.
  public static func isScore(_ answer: UnsafeRawBufferPointer) throws {
    // HTTP begins with its status.
    if answer.first == UInt8(ascii: "H") {
      guard answer.count > 40, answer.starts(with: "HTTP/1.1 200 ".utf8) else { throw problem(answer, "score") }
    } else {
      try holds("\"predictions\":[{", answer, "score")
    }
  }

  /// Fails unless a line holds a ranking.
  public static func isRanking(_ answer: UnsafeRawBufferPointer) throws {
    try holds("\"candidates\":[{", answer, "ranking")
  }

  /// Fails unless some bytes are so many lines that hold scores.
  public static func areScores(_ answers: UnsafeRawBufferPointer, _ count: Int) throws {
    var rest = answers[...]
    for _ in 0..<count {
      guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { throw problem(answers, "score") }
      try isScore(UnsafeRawBufferPointer(rebasing: rest[...end]))
      rest = rest[(end + 1)...]
    }
    guard rest.isEmpty else { throw problem(UnsafeRawBufferPointer(rebasing: rest), "score") }
  }

  /// Lines begin with their id, where the request had one.
  private static func holds(_ text: String, _ answer: UnsafeRawBufferPointer, _ what: String)
    throws
  {
    guard answer.count > 40, answer.last == UInt8(ascii: "\n") else { throw problem(answer, what) }
    var place = answer.startIndex + 1
    if answer.starts(with: "{\"id\":".utf8), let comma = answer.firstIndex(of: UInt8(ascii: ",")) { place = comma + 1 }
    guard answer[place...].starts(with: text.utf8) else { throw problem(answer, what) }
  }

  private static func problem(_ answer: UnsafeRawBufferPointer, _ what: String) -> BenchmarkProblem {
    BenchmarkProblem("the answer is no \(what): \(String(decoding: answer.prefix(300), as: UTF8.self))")
  }
}
