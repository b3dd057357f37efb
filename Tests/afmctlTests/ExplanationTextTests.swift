import ScoringAPI
import Testing

@testable import afmctl

struct ExplanationTextTests {
  private func answer() throws -> ExplanationAnswer {
    let json = """
      {"score":0.25,"raw":-1.1,"bias":-1.5,"sum":-1.1,"terms":[
       {"field":"carrier","value":"UA","hash":"00000000000000aa","x":1.0,"known":true,"term":0.1},
       {"field":"origin","value":"EWR","hash":"00000000000000bb","x":1.0,"known":true,"term":-0.3},
       {"field":"dest","value":"XXX","hash":"00000000000000cc","x":0.5,"known":false,"term":0.0}],
       "pairs":[{"a":0,"b":1,"attention":0.25,"term":0.1},{"a":1,"b":2,"attention":0.5,"term":-0.5},
       {"a":0,"b":2,"attention":0.25,"term":1}],
       "unknown":1,"model":{"name":"main","lineage":3,"events_learned":1000,"staleness_seconds":null}}
      """
    return try OperatorJSON.decode(ExplanationAnswer.self, from: json.utf8)
  }

  @Test func theLargestTermsComeFirst() throws {
    #expect(
      ExplanationText.text(of: try answer()) == """
        Score  0.25
        Raw    -1.1
        Sum    -1.1 of bias, features and pairs
        Model  main, 1,000 events learned, descends from snapshot 3

        Feature         x      term
        (bias)             -1.50000
        origin   EWR  1.0  -0.30000
        carrier  UA   1.0  +0.10000
        dest     XXX  0.5   unknown

        Pair                    attention      term
        carrier=UA  dest=XXX       0.2500  +1.00000
        origin=EWR  dest=XXX       0.5000  -0.50000
        carrier=UA  origin=EWR     0.2500  +0.10000

        """)
  }

  @Test func whatCalibrationAddsIsATerm() throws {
    var answer = try answer()
    answer.calibration = 0.25
    let text = ExplanationText.text(of: answer)
    #expect(text.contains("Sum    -1.1 of bias, features, pairs and calibration\n"))
    #expect(text.contains("(bias)                   -1.50000\n(calibration)            +0.25000\n"))
  }

  @Test func theWeightOfTheFieldsHasAColumnWhereThereIsOne() throws {
    var answer = try answer()
    answer.pairs = [answer.pairs[0]]
    answer.pairs[0].fieldPairWeight = -0.5
    #expect(
      ExplanationText.text(of: answer).hasSuffix(
        """

        Pair                    attention   weight      term
        carrier=UA  origin=EWR     0.2500  -0.5000  +0.10000

        """))
  }

  @Test func furtherPairsAreAddedUp() throws {
    let last = ExplanationText.text(of: try answer(), top: 1).split(separator: "\n").last ?? ""
    #expect(last.hasPrefix("(2 more)"))
    #expect(last.hasSuffix(" -0.40000"))
  }

  @Test func theInstanceAtFaultIsFoundInAProblem() {
    #expect(ScoreCommand.index(in: "instances[12].x") == 12)
    #expect(ScoreCommand.index(in: "x.instances[1]") == nil)
  }
}
