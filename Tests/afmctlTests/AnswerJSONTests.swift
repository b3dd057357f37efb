import Testing

@testable import afmctl

struct AnswerJSONTests {
  private let answer = Array(
    """
    {"loss":0.43289,"model":{"name":"main","events":18446744073709551615,"gone":null},
     "predictions":[{"score":0.1},{"score":1e-7,"text":"a \\"b\\"\\n\\u0001"}],"ok":true,"a.b":-3}
    """.utf8)

  @Test(arguments: [
    ("loss", "0.43289"), ("model.name", "main"), ("model.events", "18446744073709551615"), ("ok", "true"),
    ("predictions.0.score", "0.1"), ("predictions.1.score", "1e-07"), ("a\\.b", "-3"),
    ("predictions.1.text", "a \"b\"\n\u{1}"),
  ])
  func valuesAreFoundByPath(path: String, value: String) throws {
    #expect(try AnswerJSON.pick(path, from: answer) == value)
  }

  @Test func objectsAndArraysAreJSONAgain() throws {
    #expect(try AnswerJSON.pick("predictions.0", from: answer) == "{\"score\":0.1}")
    #expect(
      try AnswerJSON.pick("predictions", from: answer)
        == "[{\"score\":0.1},{\"score\":1e-07,\"text\":\"a \\\"b\\\"\\n\\u0001\"}]")
  }

  @Test(arguments: [
    "nothing", "model.nothing", "model.gone", "predictions.2", "predictions.-1", "predictions.x", "loss.x",
  ])
  func whatIsAbsentOrNullIsANegativeAnswer(path: String) {
    #expect { try AnswerJSON.pick(path, from: answer) } throws: { ($0 as? Failure)?.code == .negative }
  }

  @Test func anImpossiblePathIsAUsageProblem() {
    #expect { try AnswerJSON.pick("a..b", from: answer) } throws: { ($0 as? Failure)?.code == .usage }
  }
}
