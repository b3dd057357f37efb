import BenchmarkSupport

/// What the command line asks for.
struct Request {
  /// The data to learn.
  enum DataSet: String {
    case frappe, flights
  }

  /// The file of Frappe that predictions are judged by.
  enum Judge: String {
    case validation, test
  }

  /// When the label of a flight is learned.
  enum Labels: String, CaseIterable {
    /// Right after the event was predicted.
    case atOnce = "at-once"
    /// When the flight has landed: departure + 60 minutes + distance / 7.5 miles a minute.
    case delayed
  }

  static let help = """
    usage: OnePass [--data frappe|flights] [--set KEY=VALUE[,VALUE...]]... [--seeds 1,2,3] [--cross FIELD,FIELD]...
                   [--judge validation|test] [--frappe DIRECTORY]        (Frappe)
                   [--labels at-once,delayed] [--weather]                (flights)

    Learns the data once, event by event, and says how good the predictions are: the mean of the seeds and their
    standard deviation. KEY is any key below `learning` of afmd.yaml, such as rates.embedding; of several values every
    combination gets a line. Without --data it measures what Docs/Learning.md states, takes --seeds and --frappe alone,
    and ends with 1 where a figure is above what is promised.
    """

  private(set) var data: DataSet?
  private(set) var combinations: [[Setting]] = [[]]
  private(set) var seeds = [1, 2, 3]
  private(set) var crosses: [[String]] = []
  private(set) var judgedBy = Judge.validation
  private(set) var frappe: String?
  private(set) var labels = Labels.allCases
  private(set) var fields = FlightFields.nine

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    var given: [String] = []
    while let option = rest.popFirst() {
      given.append(option)
      if option == "--weather" {
        fields = .weather
        continue
      }
      guard let value = rest.popFirst() else { throw Self.problem(option, "needs a value") }
      let values = value.split(separator: ",").map(String.init)
      switch option {
      case "--data": data = try Self.chosen(option, value)
      case "--set": try add(option, value)
      case "--seeds":
        seeds = values.compactMap { Int($0) }
        if seeds.isEmpty || seeds.count < values.count { throw Self.problem(option, "takes whole numbers: \(value)") }
      case "--cross": crosses.append(values)
      case "--judge": judgedBy = try Self.chosen(option, value)
      case "--frappe": frappe = value
      case "--labels": labels = try values.map { try Self.chosen(option, $0) }
      default: throw Self.problem(option, "is unknown")
      }
    }
    let taken = ["--data", "--seeds"] + Self.options(of: data)
    if let stray = given.first(where: { !taken.contains($0) }) {
      throw Self.problem(stray, data.map { "has no meaning with --data \($0.rawValue)" } ?? "needs --data")
    }
  }

  /// Those beside `--data` and `--seeds` that have a meaning: any other would be ignored.
  private static func options(of data: DataSet?) -> [String] {
    switch data {
    case nil: ["--frappe"]
    case .frappe: ["--set", "--cross", "--judge", "--frappe"]
    case .flights: ["--set", "--cross", "--labels", "--weather"]
    }
  }

  /// Every combination so far with each of the values.
  private mutating func add(_ option: String, _ text: String) throws {
    guard let sign = text.firstIndex(of: "=") else { throw Self.problem(option, "takes KEY=VALUE, not \(text)") }
    let settings = text[text.index(after: sign)...].split(separator: ",").map {
      Setting(key: String(text[..<sign]), value: String($0))
    }
    combinations = combinations.flatMap { before in settings.map { before + [$0] } }
  }

  private static func chosen<Choice: RawRepresentable<String>>(_ option: String, _ text: String) throws -> Choice {
    guard let choice = Choice(rawValue: text) else { throw problem(option, "does not take \(text)") }
    return choice
  }

  private static func problem(_ option: String, _ detail: String) -> BenchmarkProblem {
    BenchmarkProblem("\(option) \(detail)\n\(help)")
  }
}
