import ScoringAPI

/// Asks others for what an event loop does not answer itself.
struct CommandRunner: Sendable {
  /// A request to the daemon, read and ready to go.
  enum Command: Equatable, Sendable {
    case status, snapshots, shutdown, metrics
    case takeSnapshot(SnapshotRequest)
    case setPin(Bool, snapshot: UInt64)
    case rollback(RollbackRequest)
    case setLearning(LearningRequest)
  }

  /// The outcome as bytes: the JSON of the answer or of the problem, or the text of the metrics.
  struct Answer: Sendable {
    var status: Int
    var body: [UInt8]
    var isMetrics = false
  }

  let commands: any OperatorCommands
  let renderer: MetricsRenderer

  /// Runs a command; `completion` is called once, on any thread.
  func run(_ command: Command, _ completion: @escaping @Sendable (Answer) -> Void) {
    switch command {
    case .status: commands.status { completion(Self.answer($0)) }
    case .metrics:
      renderer.render { text in
        completion(
          text.isEmpty
            ? Self.answer(.unavailable("the daemon is shutting down"))
            : Answer(status: 200, body: text, isMetrics: true))
      }
    case .snapshots: commands.snapshots { completion(Self.answer($0)) }
    case .takeSnapshot(let request): commands.takeSnapshot(request) { completion(Self.answer($0)) }
    case .shutdown: commands.shutdown { completion(Self.answer($0, status: 202)) }
    case .setPin(let pinned, let snapshot): commands.setPin(pinned, snapshot: snapshot) { completion(Self.answer($0)) }
    case .rollback(let request): commands.rollback(request) { completion(Self.answer($0)) }
    case .setLearning(let request): commands.setLearning(request) { completion(Self.answer($0)) }
    }
  }

  /// The answer that a problem is.
  static func answer(_ problem: Problem) -> Answer {
    var text = JSONText()
    problem.write(to: &text)
    return Answer(status: problem.status, body: text.bytes)
  }

  private static func answer(_ result: Result<some Encodable, Problem>, status: Int = 200) -> Answer {
    do throws(Problem) {
      return Answer(status: status, body: try OperatorJSON.encode(result.get()))
    } catch {
      return answer(error)
    }
  }
}
