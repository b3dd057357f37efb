import CommandTable
import LoadGeneration

/// `afmctl bench`: what scoring costs here, for the user's own model, events and rate.
enum BenchCommand: Subcommand {
  static let declaration = Command(
    name: "bench", summary: "load the socket with score requests and measure what callers would feel",
    discussion: [
      "Requests are sent when they are due, whatever became of those before, and timed from that moment: a daemon that "
        + "stalls is charged for everybody who would have waited, and so is a generator that comes late itself. With "
        + "--rate max the next request goes out when an answer comes: that finds the rate the daemon can do, and its "
        + "latencies say nothing about callers.",
      "Use real events: values that the model has never seen are left out of a score, so made-up ones cost less. The "
        + "exit code is 1 where a request was not scored.",
    ],
    options: [
      CommandOption(
        "rate", letter: "r", kind: .text, valueName: "N|max", defaultValue: "1000", help: "requests a second"),
      CommandOption(
        "connections", letter: "c", kind: .integer(1...1_000), valueName: "N", defaultValue: "1",
        help: "connections, used in turn"),
      CommandOption(
        "duration", letter: "t", kind: .text, valueName: "TIME", defaultValue: "10s", help: "how long is measured"),
      CommandOption(
        "warm-up", kind: .text, valueName: "TIME", defaultValue: "1s",
        help: "how long requests are sent before that and not counted"),
      CommandOption(
        "instances-per-request", letter: "n", kind: .integer(1...100_000), valueName: "N", defaultValue: "1",
        help: "instances in each request"),
      CommandOption(
        "protocol", letter: "p", kind: .choice(LoadProtocol.allCases.map(\.rawValue)), defaultValue: "lines",
        help: "how the socket is spoken to"),
      CommandOption(
        "spacing", kind: .choice(ArrivalSchedule.Spacing.allCases.map(\.rawValue)), defaultValue: "poisson",
        help: "arrivals as of independent callers, or evenly spaced"),
      CommandOption(
        "pipeline", kind: .integer(1...10_000), valueName: "N", defaultValue: "16",
        help: "with --rate max: requests under way on each connection"),
      InstanceArguments.option,
      CommandOption(
        "config", kind: .path, valueName: "FILE",
        help: "draw instances for the schema of this afmd.yaml, where there are no events to read"),
    ])

  static func run(_ session: Session) throws(Failure) {
    let settings = try LoadSettings(session.arguments)
    let instances = try LoadInstances(session, settings)
    let requests = LoadRequests(
      instances: instances.all, instancesPerRequest: settings.instancesPerRequest, as: settings.spoken)
    let transport: SocketTransport
    do {
      transport = try SocketTransport(
        path: session.daemon.socket, connections: settings.connections, as: settings.spoken)
    } catch {
      throw Failure(error)
    }
    Interrupt.watch()
    let report = measure(settings, transport, requests)
    let answer = LoadAnswer(settings, report, unknownPerInstance: instances.unknownPerInstance)
    try session.show(try session.encode(answer)) { LoadText.of(answer) }
    if report.failed > 0 {
      throw Failure(
        .negative, session.isForPeople ? "" : "\(HumanText.counted(report.failed, "request")) not scored; see errors")
    }
  }

  private static func measure(
    _ settings: LoadSettings, _ transport: SocketTransport, _ requests: LoadRequests
  ) -> LoadReport {
    if let rate = settings.rate {
      let load = OpenLoop(rate: rate, spacing: settings.spacing, warmUp: settings.warmUp, duration: settings.duration)
      return load.run(transport, requests) { Interrupt.isRequested }
    }
    let load = ClosedLoop(depth: settings.pipeline, warmUp: settings.warmUp, duration: settings.duration)
    return load.run(transport, requests) { Interrupt.isRequested }
  }
}
