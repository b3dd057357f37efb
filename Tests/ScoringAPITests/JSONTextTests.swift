import JSONReading
import Testing

@testable import ScoringAPI

@Suite struct JSONTextTests {
  private func text(_ write: (inout JSONText) -> Void) -> String {
    var text = JSONText()
    write(&text)
    return String(decoding: text.bytes, as: UTF8.self)
  }

  @Test func numbersReadBackToTheSameBits() throws {
    var state: UInt64 = 1
    let reader = JSONReader()
    for _ in 0..<5_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let float = Float(bitPattern: UInt32(truncatingIfNeeded: state >> 32))
      let double = Double(bitPattern: state)
      guard float.isFinite, double.isFinite else { continue }
      #expect(Float(text { $0.append(float) }) == float)
      #expect(try reader.parse(text { $0.append(double) }).double == double)
    }
  }

  @Test func numbersAreShortAndNeverNotNumbers() {
    #expect(text { $0.append(Float(0.1)) } == "0.1")
    #expect(text { $0.append(Double(0.1)) } == "0.1")
    #expect(text { $0.append(Float.nan) } == "null")
    #expect(text { $0.append(-Double.infinity) } == "null")
    #expect(text { $0.append(UInt64.max) } == "18446744073709551615")
    #expect(text { $0.append(UInt64(0)) } == "0")
    #expect(text { $0.append(Int64.min) } == "-9223372036854775808")
    #expect(text { $0.append(milliseconds: 1_250) } == "1.250")
    #expect(text { $0.append(milliseconds: -7) } == "-0.007")
    #expect(text { $0.append(milliseconds: 3_000) } == "3")
    #expect(text { $0.append(hexadecimal: 0x0123_4567_89AB_CDEF) } == "\"0123456789abcdef\"")
  }

  @Test(arguments: [
    #"{"a":[1,-2,18446744073709551615,0.5,true,false,null],"b":{"c":"d"}}"#, "[]", "{}",
    #""quote \" backslash \\ line \n return \r tab \t bell \u0007 é 漢""#,
  ])
  func valuesAreWrittenAsTheyWereRead(document: String) throws {
    let reader = JSONReader()
    let value = try reader.parse(document)
    #expect(text { $0.append(value) } == document)
  }

  @Test func problemsKeepTheirField() throws {
    let problem = Problem.badRequest("a \"quoted\" detail\n", field: "instances[3].carrier")
    var written = JSONText()
    problem.write(to: &written)
    #expect(try OperatorJSON.decode(Problem.self, from: written.bytes) == problem)
    let plain = Problem.unavailable("later")
    #expect(try OperatorJSON.decode(Problem.self, from: OperatorJSON.encode(plain)) == plain)
  }

  @Test func identitiesAreModelAnswers() throws {
    for identity in [
      ModelIdentity(name: "m", lineage: nil, eventsLearned: 7, stalenessMilliseconds: nil),
      ModelIdentity(name: "m", lineage: 3, eventsLearned: 7, stalenessMilliseconds: 1_500),
      ModelIdentity(name: "m", lineage: 3, eventsLearned: 7, stalenessMilliseconds: nil, isRelative: true),
    ] {
      var written = JSONText()
      identity.write(to: &written)
      let answer = try OperatorJSON.decode(ModelAnswer.self, from: written.bytes)
      #expect(answer.name == "m" && answer.eventsLearned == 7 && answer.lineage == identity.lineage)
      #expect(answer.relative == (identity.isRelative ? true : nil))
      #expect(answer.stalenessSeconds == identity.stalenessMilliseconds.map { Double($0) / 1000 })
    }
  }

  @Test func operatorsJSONSaysWhereItIsWrong() {
    #expect(throws: Problem.badRequest("snapshot is missing", field: "snapshot")) {
      try OperatorJSON.decode(RollbackRequest.self, from: Array(#"{"position":"keep"}"#.utf8))
    }
  }
}
