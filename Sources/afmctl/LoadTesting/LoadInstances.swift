import Configuration
import Foundation
import LoadGeneration
import ScoringAPI

/// The instances that `afmctl bench` asks about, the first of them scored once to see that they can be.
struct LoadInstances {
  /// All of them, JSON objects.
  let all: [[UInt8]]
  /// Features that the model does not know, on average of the first instances.
  let unknownPerInstance: Double

  /// Instances that are read or drawn at most, and bytes.
  private static let maximumCount = 10_000
  private static let maximumBytes = 32 << 20
  /// Instances that are scored before the load begins.
  private static let triedCount = 64

  /// Reads or draws them.
  init(_ session: Session, _ settings: LoadSettings) throws(Failure) {
    if let configuration = settings.configuration {
      let daemon: DaemonSettings
      do {
        daemon = try DaemonSettings.load(path: configuration, environment: ProcessInfo.processInfo.environment)
      } catch {
        throw Failure(.badData, "\(error)")
      }
      all = RandomInstances.make(Self.maximumCount, for: daemon.schema, seed: 1)
    } else {
      let input = try InputBytes.open(settings.file)
      let reader = InstanceReader(input)
      var instances: [[UInt8]] = []
      var bytes = 0
      while instances.count < Self.maximumCount, bytes < Self.maximumBytes, let instance = try reader.next() {
        bytes += instance.json.count
        instances.append(instance.json)
      }
      guard !instances.isEmpty else { throw Failure(.badData, "\(input.name): there is no instance") }
      all = instances
    }
    // No more of them in one request than the load will send: the daemon may have a limit.
    var rest = all.prefix(Self.triedCount)
    var (unknown, count) = (0, 0)
    while !rest.isEmpty {
      let predictions = try Self.score(rest.prefix(settings.instancesPerRequest), session)
      rest = rest.dropFirst(settings.instancesPerRequest)
      unknown += predictions.reduce(0) { $0 + $1.unknown }
      count += predictions.count
    }
    unknownPerInstance = Double(unknown) / Double(max(count, 1))
  }

  private static func score(_ instances: ArraySlice<[UInt8]>, _ session: Session) throws(Failure) -> [PredictionAnswer]
  {
    let list = instances.joined(separator: [UInt8(ascii: ",")])
    let answer = try session.daemon.ask(.score, Array("{\"instances\":[".utf8) + list + Array("]}".utf8))
    return try session.decode(ScoreAnswer.self, answer).predictions
  }
}

extension Failure {
  /// Why a load could not begin.
  init(_ problem: LoadProblem) {
    switch problem.code {
    case ENOENT, ECONNREFUSED: self.init(.noDaemon(path: problem.path))
    case EACCES, EPERM: self.init(.notPermitted(path: problem.path))
    case EMFILE:
      self.init(.tryAgain, "no more connections can be opened: raise the limit with 'ulimit -n', or ask for fewer")
    case EAGAIN:
      self.init(.tryAgain, "\(problem.path): the daemon is too busy to accept connections; try again, or ask for fewer")
    default:
      self.init(.unavailable, "\(problem.path): \(String(cString: strerror(problem.code)))")
    }
  }
}
