import BenchmarkSupport
import Foundation

/// Both programs on the same flights, alternating, each from the start of its process to its last event.
struct Contest {
  /// One process from its start to its last event.
  struct Run {
    let seconds: Double
    let processorSeconds: Double
  }

  /// What one program takes.
  struct Times {
    /// Seconds for the file.
    private(set) var whole: [Double] = []
    /// Seconds for a file without events: the start alone.
    private(set) var start: [Double] = []
    /// Processor seconds for the file.
    private(set) var processor: [Double] = []

    /// Adds a start without events and a run over the file.
    mutating func add(start: Run, _ run: Run) {
      self.start.append(start.seconds)
      whole.append(run.seconds)
      processor.append(run.processorSeconds)
    }

    /// Events a second once started: the median of both, the start subtracted.
    func rate(_ events: Int) -> Double {
      Double(events) / (Numbers.median(whole) - Numbers.median(start))
    }

    /// Events a second, with the start of the process.
    func wholeRate(_ events: Int) -> Double { Double(events) / Numbers.median(whole) }
  }

  /// The interpreter that has the module vowpalwabbit.
  let python: String
  /// The folder of all files: the flights for each program, and an empty one.
  let folder: String
  /// Lines in each file of flights.
  let events: Int

  private(set) var ours = Times()
  /// With each field a namespace.
  private(set) var theirs = Times()
  /// With all fields in one namespace.
  private(set) var theirsInOne = Times()

  init(python: String, folder: String, events: Int) {
    self.python = python
    self.folder = folder
    self.events = events
  }

  /// Both programs once.
  ///
  /// - Parameters:
  ///   - kind: the daemon's kind of model.
  ///   - options: the rival's model.
  mutating func round(kind: String, options: [String]) throws {
    theirs.add(start: try rival(options, file: "empty"), try rival(options, file: "fields.vw"))
    theirsInOne.add(start: try rival(options, file: "empty"), try rival(options, file: "one.vw"))
    ours.add(
      start: try daemon(kind, file: "empty", events: 0), try daemon(kind, file: "flights.ndjson", events: events))
  }

  private func rival(_ options: [String], file: String) throws -> Run {
    let arguments = ["-m", "vowpalwabbit"] + options
    let common = ["-b", "22", "--loss_function", "logistic", "--quiet", "-d", "\(folder)/\(file)"]
    let outcome = try Command(python, arguments + common).run()
    guard outcome.status == 0 else {
      throw BenchmarkProblem("\(python) \((arguments + common).joined(separator: " ")) ended with \(outcome.status)")
    }
    return Run(seconds: outcome.seconds, processorSeconds: outcome.processorSeconds)
  }

  private func daemon(_ kind: String, file: String, events: Int) throws -> Run {
    let state = DaemonProcess.temporaryFolder()
    let start = Clock.monotonic
    let daemon = try DaemonProcess(
      folder: state, settings: FlightsSettings.text(folder: state, flights: "\(folder)/\(file)", kind: kind))
    defer { daemon.end() }
    try daemon.waitUntilLearned(events, pause: 2000)
    let seconds = Double(Clock.monotonic - start) / 1e9
    return Run(seconds: seconds, processorSeconds: Machine.processorSeconds(of: daemon.id))
  }
}
