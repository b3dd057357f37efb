import ScoringAPI
import Testing

@testable import afmctl

struct FailureTests {
  @Test(arguments: [
    (400, ExitCode.badData), (404, .badData), (409, .negative), (413, .badData), (403, .notPermitted),
    (500, .internalError), (503, .tryAgain),
  ])
  func problemsBecomeExitCodes(status: Int, code: ExitCode) {
    #expect(Failure(Problem(status: status, title: "t", detail: "d")).code == code)
  }

  @Test func problemsNameTheFieldAtFault() {
    let problem = Problem(status: 400, title: "Bad request", detail: "not a number", field: "instances[0].x")
    #expect(Failure(problem).message == "Bad request: not a number (field instances[0].x)")
  }
}
