import ScoringAPI

/// Why a command did not do what was asked: what standard error says, and how the program ends.
struct Failure: Error, Equatable {
  /// How the program ends.
  var code: ExitCode
  /// What was wrong and what to do next, for standard error; empty where the output has said it all.
  var message: String
  /// The field of the request at fault, where a daemon named one.
  var field: String?

  init(_ code: ExitCode, _ message: String = "") {
    self.code = code
    self.message = message
  }

  /// What a daemon refused.
  init(_ problem: Problem) {
    let place = problem.field.map { " (field \($0))" } ?? ""
    field = problem.field
    message = "\(problem.title): \(problem.detail)\(place)"
    code =
      switch problem.status {
      case 409: .negative
      case 401, 403: .notPermitted
      case 400..<500: .badData
      case 503: .tryAgain
      default: .internalError
      }
  }
}
