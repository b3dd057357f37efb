import FeatureEncoding
import Glibc
import LiveModel
import ScoringAPI

/// A model that the sockets answer from, with what is said about it in every answer.
public struct ServedModel: Sendable {
  /// The model's name.
  public let name: String
  /// How instances are encoded.
  public let schema: Schema
  /// The live model, which a rollback replaces.
  public let reference: LiveModelReference
  /// Whether scores only say which of two is the greater, since negatives are sampled.
  public let isRelative: Bool
  private let lineage: @Sendable () -> UInt64?
  private let newestEventTime: @Sendable () -> Int64?

  /// Makes a served model.
  ///
  /// - Parameters:
  ///   - name: the model's name; a request may ask for it by name.
  ///   - schema: how instances are encoded.
  ///   - reference: the live model.
  ///   - isRelative: whether scores only say which of two is the greater, since negatives are sampled.
  ///   - lineage: the snapshot that the live model descends from. Called for every request, so it is to be an atomic
  ///     load or little more.
  ///   - newestEventTime: the event time of the newest event learned, milliseconds since 1970; likewise.
  public init(
    name: String, schema: Schema, reference: LiveModelReference, isRelative: Bool = false,
    lineage: @escaping @Sendable () -> UInt64?, newestEventTime: @escaping @Sendable () -> Int64?
  ) {
    self.name = name
    self.schema = schema
    self.reference = reference
    self.isRelative = isRelative
    self.lineage = lineage
    self.newestEventTime = newestEventTime
  }

  /// What an answer says of the model, which was read at an event number.
  func identity(eventsLearned: UInt64) -> ModelIdentity {
    var staleness: Int64?
    if let time = newestEventTime() {
      // The coarse clock, some milliseconds behind at most, costs a quarter of the exact one.
      var now = timespec()
      clock_gettime(CLOCK_REALTIME_COARSE, &now)
      let (difference, overflow) = (Int64(now.tv_sec) &* 1000 &+ Int64(now.tv_nsec) / 1_000_000)
        .subtractingReportingOverflow(time)
      if !overflow { staleness = difference }
    }
    return ModelIdentity(
      name: name, lineage: lineage(), eventsLearned: eventsLearned, stalenessMilliseconds: staleness,
      isRelative: isRelative)
  }
}
