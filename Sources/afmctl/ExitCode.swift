/// How the program ends; the numbers above 1 are those of sysexits(3).
enum ExitCode: Int32, CaseIterable {
  /// Done.
  case done = 0
  /// The answer is no: damage was found, a value is absent, the daemon is not ready or refuses in its present state.
  case negative = 1
  /// The command line makes no sense.
  case usage = 64
  /// What was given is not what the command takes, or names nothing that exists.
  case badData = 65
  /// There is no daemon, or no broker, to talk to.
  case unavailable = 69
  /// A fault of afmctl's or of the daemon's.
  case internalError = 70
  /// An output file cannot be made.
  case cannotCreate = 73
  /// Reading or writing failed.
  case inputOutput = 74
  /// Not now; the same command may succeed later.
  case tryAgain = 75
  /// The socket or a file may not be used by this user.
  case notPermitted = 77

  /// What the code means, for help and manual page.
  var meaning: String {
    switch self {
    case .done: "done"
    case .negative:
      "the answer is no: damage or a problem found, value absent, daemon not ready, or a command refused in the present state"
    case .usage: "the command line makes no sense"
    case .badData: "what was given is not what the command takes, or names nothing that exists"
    case .unavailable: "no daemon (or no broker) to talk to"
    case .internalError: "a fault of the daemon's or of afmctl's"
    case .cannotCreate: "an output file cannot be made"
    case .inputOutput: "reading or writing failed, or records were not delivered"
    case .tryAgain: "not now; the same command may succeed later"
    case .notPermitted: "no right to use the socket or a file"
    }
  }
}
