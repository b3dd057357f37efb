import AttentionalFM
import Configuration
import Kafka
import Learning
import ProgressiveValidation

/// The memory that settings will take, summed from what each room says of its own.
public struct MemoryEstimate: Equatable, Sendable {
  /// A part, with its size in bytes.
  public struct Part: Equatable, Sendable {
    /// What it is.
    public var name: String
    /// Bytes.
    public var bytes: UInt64
  }

  /// The parts of a running daemon.
  public var parts: [Part]

  /// What a rollback takes beside them while it is under way: a second model, and what it is read through.
  public var rollbackBytes: UInt64

  /// The bytes of a running daemon with a full table.
  public var bytes: UInt64 { parts.reduce(0) { $0 &+ $1.bytes } }

  /// Estimates what settings will take.
  public init(_ settings: DaemonSettings) {
    // Every event loop scores and ranks.
    let eachLoop = settings.model.scorerBytes &+ settings.model.rankerBytes
    let scorers = eachLoop &* UInt64(clamping: settings.sockets.eventLoops)
    parts = [
      Part(name: "model with a full table", bytes: settings.model.memoryBytes),
      Part(name: "scorers and rankers", bytes: scorers),
      Part(
        name: "progressive validation",
        bytes: UInt64(
          clamping: ProgressiveValidation.memoryEstimate(windowSize: settings.progressiveValidation.windowSize))),
      Part(name: "queue of batches", bytes: LearningSettings(settings).queueBytes),
      // Taken when the thread that writes snapshots starts, so that no snapshot waits for it, and kept.
      Part(name: "rows on the way to a snapshot", bytes: LearningSettings(settings).snapshotBytes(settings.model)),
      Part(name: "program and libraries", bytes: 32 << 20),
    ]
    if let fetched = Self.fetchedAhead(settings) {
      parts.append(Part(name: "records fetched ahead while learning is behind", bytes: fetched))
    }
    rollbackBytes = settings.model.memoryBytes &+ Self.readingBytes
    if let sampling = LearningSettings(settings).negativeSampling {
      let bytes = sampling.bytes(settings.model)
      parts.append(Part(name: "values and users that negatives are drawn by, as many as may", bytes: bytes))
      parts.append(Part(name: "their copies while a snapshot is taken", bytes: bytes &* 2))
      rollbackBytes &+= bytes
    }
    if settings.lateLabels.delay != nil || settings.schema.label.time != nil {
      let waiting = LearningSettings(settings).waitingBytes
      parts.append(Part(name: "events that wait for their labels, as many as may", bytes: waiting))
      // As they were, where they change meanwhile, and as they are written.
      parts.append(Part(name: "their copies while a snapshot is taken", bytes: waiting &* 2))
      rollbackBytes &+= waiting
    }
  }

  /// What a snapshot is read through, and what the allocator holds between two models: measured over rollbacks with
  /// tables of 80 and 640 MB, up to 13 MiB, the most on a machine that was busy.
  static let readingBytes: UInt64 = 16 << 20

  /// What librdkafka holds at most, where it is the source: of records of 250 bytes it keeps the answers they came in and a
  /// message of its own for each. With 2.6 bytes for each that it counts three rewinds of four partitions stayed below the
  /// sum: 294 of 323 MiB. It gives little of it back when learning has caught up.
  private static func fetchedAhead(_ settings: DaemonSettings) -> UInt64? {
    guard case .kafka(let kafka) = settings.source.place else { return nil }
    let kilobytes =
      kafka.properties["queued.max.messages.kbytes"].flatMap { UInt64($0) } ?? KafkaConsumer.queueKilobytes
    return min(kilobytes, 1 << 22) &* 1024 &* 83 / 32
  }

  /// One line a part, and the sum.
  public func describe() -> String {
    var lines = parts.map { "  \(Self.text($0.bytes))  \($0.name)" }
    lines.append("  \(Self.text(bytes))  in all")
    lines.append("  \(Self.text(bytes &+ rollbackBytes))  during a rollback, which loads a second model")
    return lines.joined(separator: "\n")
  }

  private static func text(_ bytes: UInt64) -> String {
    let mebibytes = (Double(bytes) / 1_048_576 * 10).rounded() / 10
    let text = "\(mebibytes) MiB"
    return String(repeating: " ", count: max(0, 14 - text.count)) + text
  }
}
