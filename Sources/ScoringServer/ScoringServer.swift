import EventLoop
import FeatureEncoding
import Glibc
import Observability
import ScoringAPI
import Synchronization
import Threads

/// Why the server did not start.
public enum ServerProblem: Error, Sendable, CustomStringConvertible {
  /// The system refused a loop or a socket.
  case loop(LoopProblem)
  /// The schema of the served model is not one.
  case schema(InvalidSchema)

  /// The problem as one line.
  public var description: String {
    switch self {
    case .loop(let problem): return problem.description
    case .schema(let problem): return "\(problem)"
    }
  }
}

/// The two sockets: `score` for applications, `control` for operators; HTTP and lines on both.
///
/// Event loops run on threads of their own. Scores, explanations, encodings and health are answered from them directly; the
/// metrics are written on another thread, and everything else is asked of `OperatorCommands` and answered when that is
/// done.
public final class ScoringServer: Sendable {
  private let loops: [ServerLoop]
  private let listeners: Lock<[Listener]>
  private let population: Population
  private let renderer: MetricsRenderer
  private let isStopped = Atomic<Bool>(false)

  /// Starts the server; when this returns, both sockets answer.
  ///
  /// - Parameters:
  ///   - settings: sockets, loops and limits.
  ///   - model: the model that is served.
  ///   - commands: what operators' requests are handed to.
  ///   - registry: where the server's metrics are registered, and what `/metrics` gives.
  ///   - log: where commands and their senders are logged.
  public init(
    _ settings: ServerSettings, model: ServedModel, commands: any OperatorCommands, registry: Metrics, log: Log
  ) throws(ServerProblem) {
    renderer = MetricsRenderer(registry)
    let sources = ScoringService.Sources(
      model: model, commands: commands, renderer: renderer, metrics: ServerMetrics(registry), limits: settings.limits)
    population = Population()
    var loops: [ServerLoop] = []
    var listeners: [Listener] = []
    do throws(ServerProblem) {
      for index in 0..<max(settings.loops, 1) {
        loops.append(
          try ServerLoop(
            name: "afm-serve-\(index)", nice: settings.nice, sources: sources, log: log, population: population))
      }
      for loop in loops {
        try Self.onLoop(loop) { () throws(LoopProblem) in try loop.start() }
      }
      if let place = settings.score { listeners.append(try Self.listen(place, isControl: false, loops)) }
      if let place = settings.control { listeners.append(try Self.listen(place, isControl: true, loops)) }
    } catch {
      for loop in loops { loop.loop.stop() }
      renderer.stop()
      throw error
    }
    self.loops = loops
    self.listeners = Lock(listeners)
  }

  deinit {
    stop(graceMilliseconds: 0)
  }

  /// Takes no more connections, lets answers under way out for so long, closes everything and waits for the loops to
  /// end. Not from an event loop; a second call does nothing.
  public func stop(graceMilliseconds: Int = 2_000) {
    guard !isStopped.exchange(true, ordering: .relaxed) else { return }
    let listeners = listeners.withLock { $0 }
    for listener in listeners { listener.loop.enqueue { listener.close() } }
    for loop in loops { loop.loop.enqueue { loop.shutDown() } }
    let waiting = Monitor(())
    var left = graceMilliseconds
    while left > 0, population.value > 0 {
      _ = waiting.wait(milliseconds: 10) { _ in nil as Bool? }
      left -= 10
    }
    for loop in loops { loop.loop.stop() }
    renderer.stop()
  }

  private static func onLoop<Value: Sendable>(
    _ loop: ServerLoop, _ body: @escaping @Sendable () throws(LoopProblem) -> Value
  ) throws(ServerProblem) -> Value {
    let result = loop.loop.perform { Result { () throws(LoopProblem) in try body() } }
    switch result {
    case .success(let value)?: return value
    case .failure(let problem)?: throw .loop(problem)
    case nil: throw .loop(LoopProblem(operation: "start the server", message: "an event loop has ended"))
    }
  }

  private static func listen(_ place: SocketPlace, isControl: Bool, _ loops: [ServerLoop]) throws(ServerProblem)
    -> Listener
  {
    let distributor = Distributor(loops: loops, isControl: isControl)
    let first = loops[0]
    return try onLoop(first) { () throws(LoopProblem) in
      switch place {
      case .path(let path, let permissions):
        return try Listener(
          loop: first.loop, path: path, permissions: permissions, onConnection: { distributor.take($0) },
          onProblem: { distributor.report($0) })
      case .inherited(let descriptor):
        return try Listener(
          loop: first.loop, inherited: descriptor, onConnection: { distributor.take($0) },
          onProblem: { distributor.report($0) })
      }
    }
  }
}

/// Hands accepted connections to the loops in turn.
///
/// `@unchecked Sendable`: used on the first loop's thread only.
private final class Distributor: @unchecked Sendable {
  private let loops: [ServerLoop]
  private let isControl: Bool
  private var next = 0
  private var lastReport: UInt64?

  private static let reportIntervalMilliseconds: UInt64 = 10_000

  init(loops: [ServerLoop], isControl: Bool) {
    self.loops = loops
    self.isControl = isControl
  }

  func take(_ listener: Listener) {
    let target = loops[next]
    next = (next + 1) % loops.count
    do throws(LoopProblem) {
      if target === loops[0] {
        target.adopt(try listener.accept(), isControl: isControl)
      } else {
        let descriptor = try listener.acceptDescriptor()
        let isControl = isControl
        if !target.loop.enqueue({ target.adopt(descriptor: descriptor, isControl: isControl) }) { close(descriptor) }
      }
    } catch {
      report(error)
    }
  }

  /// Counts a connection that could not be taken, and says so now and then: there may be thousands of them a second.
  func report(_ problem: LoopProblem) {
    let first = loops[0]
    first.metrics.connectionProblems.add()
    let now = first.loop.now
    if let lastReport, now &- lastReport < Self.reportIntervalMilliseconds { return }
    lastReport = now
    first.log.warning("a connection could not be taken", ["problem": problem])
  }
}
