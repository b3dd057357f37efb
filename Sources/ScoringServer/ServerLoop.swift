import EventLoop
import FeatureEncoding
import Observability
import ScoringAPI
import Synchronization

/// What one event loop of the server owns: its service and its connections.
///
/// `@unchecked Sendable`: after `init`, everything that changes is used on the loop's thread only; other threads hold
/// the loop to hand it closures.
final class ServerLoop: @unchecked Sendable {
  let loop: EventLoop
  let service: ScoringService
  let runner: CommandRunner
  let metrics: ServerMetrics
  let limits: ServerLimits
  let log: Log
  /// Where answers are written before their length is known. Only ever lent to one call after the other, on the loop's
  /// thread, so that exclusive access need not be checked at run time.
  @exclusivity(unchecked) var text = JSONText()

  private let population: Population
  private var connections: [ObjectIdentifier: Connection] = [:]
  private var timer: Timer?
  /// Whether connections are being closed: what is under way is answered, nothing else.
  private(set) var isStopping = false

  private static let sweepMilliseconds: UInt64 = 500

  init(
    name: String, nice: Int32, sources: ScoringService.Sources, log: Log, population: Population
  ) throws(ServerProblem) {
    do throws(InvalidSchema) {
      service = try ScoringService(sources)
    } catch {
      throw .schema(error)
    }
    do throws(LoopProblem) {
      loop = try EventLoop(name: name, nice: nice)
    } catch {
      throw .loop(error)
    }
    runner = CommandRunner(commands: sources.commands, renderer: sources.renderer)
    metrics = sources.metrics
    limits = sources.limits
    self.log = log
    self.population = population
  }

  /// Starts looking for idle connections, and for a model that was replaced. On the loop's thread.
  func start() throws(LoopProblem) {
    let interval = min(Self.sweepMilliseconds, max(limits.idleMilliseconds / 4, 10))
    timer = try Timer(loop: loop, everyMilliseconds: interval) { [unowned self] in
      for connection in connections.values { connection.sweep() }
      service.letGoOfReplacedModel()
    }
  }

  /// Takes a connection over. On the loop's thread.
  func adopt(_ stream: Stream, isControl: Bool) {
    let count = population.add(isControl: isControl)
    metrics.connectionsTotal.add()
    metrics.connections.set(Double(count.all))
    let allowed = limits.connections + (isControl ? Population.operatorAllowance : 0)
    let isShed = count.all > allowed && count.sameSocket > limits.reservedConnections && !makeRoom()
    if isShed { metrics.connectionsShed.add() }
    guard !isStopping, !isShed || count.all <= allowed + Population.shedAllowance else {
      stream.close()
      metrics.connections.set(Double(population.remove(isControl: isControl)))
      return
    }
    let connection = Connection(stream: stream, server: self, isControl: isControl, isShed: isShed)
    connections[ObjectIdentifier(connection)] = connection
  }

  /// Takes over a connection that another loop accepted. On the loop's thread.
  func adopt(descriptor: Int32, isControl: Bool) {
    do throws(LoopProblem) {
      adopt(try Stream(loop: loop, descriptor: descriptor), isControl: isControl)
    } catch {
      metrics.connectionProblems.add()
      log.warning("a connection could not be taken over", ["problem": error])
    }
  }

  /// Closes the connection of this loop that has been idle longest; false where none has been for a while.
  private func makeRoom() -> Bool {
    var longest: (connection: Connection, milliseconds: UInt64)?
    for connection in connections.values {
      guard let milliseconds = connection.idleMilliseconds else { continue }
      if longest.map({ milliseconds > $0.milliseconds }) ?? true { longest = (connection, milliseconds) }
    }
    guard let longest, longest.milliseconds >= limits.idleBeforeRoomMilliseconds else { return false }
    longest.connection.makeRoom()
    return true
  }

  func forget(_ connection: Connection) {
    guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
    metrics.connections.set(Double(population.remove(isControl: connection.isControl)))
  }

  /// Closes every connection, those with a command under way once it is answered. On the loop's thread.
  func shutDown() {
    isStopping = true
    for connection in connections.values { connection.shutDown() }
  }
}

/// How many connections there are, over all loops.
final class Population: Sendable {
  /// Connections over the limit that are still told so; beyond them they are closed at once.
  static let shedAllowance = 64
  /// Connections over the limit that operators still get, so that applications which use up theirs, those that are shed
  /// included, lock no operator out.
  static let operatorAllowance = shedAllowance + 16

  private let score = Atomic<Int>(0)
  private let control = Atomic<Int>(0)

  /// Counts a connection; gives how many there are, and how many of the same socket.
  func add(isControl: Bool) -> (all: Int, sameSocket: Int) {
    let same =
      isControl ? control.add(1, ordering: .relaxed).newValue : score.add(1, ordering: .relaxed).newValue
    return (value, same)
  }

  func remove(isControl: Bool) -> Int {
    if isControl { control.subtract(1, ordering: .relaxed) } else { score.subtract(1, ordering: .relaxed) }
    return value
  }

  var value: Int { score.load(ordering: .relaxed) + control.load(ordering: .relaxed) }
}
