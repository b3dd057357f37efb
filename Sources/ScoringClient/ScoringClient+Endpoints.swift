import ScoringAPI

extension ScoringClient {
  /// What the daemon does at the moment.
  public func status() throws(ClientProblem) -> StatusReport {
    try answer(StatusReport.self, from: .status)
  }

  /// Scores instances; `request` is the body, `{"instances":[...]}`.
  public func score(_ request: [UInt8]) throws(ClientProblem) -> ScoreAnswer {
    try answer(ScoreAnswer.self, from: .score, body: request)
  }

  /// Ranks candidates against one context; `request` is the body, `{"context":{...},"candidates":[...],"top":10}`.
  public func rank(_ request: [UInt8]) throws(ClientProblem) -> RankAnswer {
    try answer(RankAnswer.self, from: .rank, body: request)
  }

  /// Takes one instance's score apart; `request` is the body, `{"instance":{...}}`.
  public func explain(_ request: [UInt8]) throws(ClientProblem) -> ExplanationAnswer {
    try answer(ExplanationAnswer.self, from: .explain, body: request)
  }

  /// Shows how one instance is encoded; `request` is the body, `{"instance":{...}}`.
  public func encode(_ request: [UInt8]) throws(ClientProblem) -> EncodingAnswer {
    try answer(EncodingAnswer.self, from: .encode, body: request)
  }

  /// The snapshots, oldest first.
  public func snapshots() throws(ClientProblem) -> [SnapshotSummary] {
    try answer(SnapshotList.self, from: .snapshots).snapshots
  }

  /// Takes a snapshot and waits until it is durable.
  public func takeSnapshot(_ request: SnapshotRequest = SnapshotRequest()) throws(ClientProblem) -> SnapshotSummary {
    try answer(SnapshotSummary.self, from: .snapshot, body: try json(request))
  }

  /// Pins a snapshot, or lets go of it.
  public func setPin(_ pinned: Bool, snapshot: UInt64) throws(ClientProblem) -> SnapshotSummary {
    try answer(SnapshotSummary.self, from: pinned ? .pin : .unpin, snapshot: snapshot)
  }

  /// Goes back to a snapshot and waits until that is durable and served.
  public func rollback(_ request: RollbackRequest) throws(ClientProblem) -> RollbackReport {
    try answer(RollbackReport.self, from: .rollback, body: try json(request))
  }

  /// Pauses or resumes learning and waits until the learner has obeyed.
  public func setLearning(_ request: LearningRequest) throws(ClientProblem) -> LearningStatus {
    try answer(LearningStatus.self, from: .learning, body: try json(request))
  }

  /// Begins an orderly shutdown.
  public func shutdown() throws(ClientProblem) -> ShutdownReport {
    try answer(ShutdownReport.self, from: .shutdown)
  }

  /// The metrics as Prometheus text.
  public func metrics() throws(ClientProblem) -> String {
    String(decoding: try body(.metrics), as: UTF8.self)
  }

  private func json(_ value: some Encodable) throws(ClientProblem) -> [UInt8] {
    do throws(Problem) {
      return try OperatorJSON.encode(value)
    } catch {
      throw .refused(error)
    }
  }
}
