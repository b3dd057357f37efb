// Unsafe memory: the bytes of a batch are viewed during the call that delivers them.
import EventSources
import Threads

/// What a stream consists of: events of ten categorical values.
enum StreamKind {
  /// Every value of every field in turn.
  case enumerated
  /// The n-th most frequent value is n times rarer than the first.
  case zipf
  /// All values alike.
  case uniform
}

/// What the source is told while it runs.
final class StreamControl: Sendable {
  struct State: Sendable {
    var kind = StreamKind.enumerated
    /// How many events are still to be delivered.
    var left = 0
  }

  let state = Monitor(State())

  func deliver(_ kind: StreamKind, _ events: Int = .max) {
    state.update { $0 = State(kind: kind, left: events) }
  }

  func stop() {
    state.update { $0.left = 0 }
  }
}

/// Events made up as they are asked for, as JSON.
final class GeneratedSource: EventSource {
  static let fields = 10
  let kind = SourceKind.kafka
  let needsOrderJournal = false

  private let control: StreamControl
  private let valuesPerField: UInt64
  private let quantiles: [UInt64]
  private var offset: Int64 = 0
  private var enumerated: UInt64 = 0
  private var random: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  private var records: [SourceRecord] = []

  init(_ control: StreamControl, valuesPerField: UInt64, logarithm: (Double) -> Double, exponential: (Double) -> Double)
  {
    self.control = control
    self.valuesPerField = valuesPerField
    // Zipf's law with exponent 1: the logarithm of the rank is spread evenly.
    let steps = 1 << 14
    let top = logarithm(Double(valuesPerField + 1))
    quantiles = (0...steps).map { UInt64(exponential(top * Double($0) / Double(steps))) - 1 }
  }

  func start(at position: SourcePosition?, missing: MissingPositionPolicy, replaying: [JournalRun])
    throws(SourceProblem) -> StartReport
  {
    var start = position ?? SourcePosition(kind: .kafka, identity: "generated")
    if start[0] == nil { start.partitions.append(PartitionPosition(partition: 0, nextOffset: 0)) }
    offset = start[0]?.nextOffset ?? 0
    return StartReport(position: start)
  }

  func nextBatch(maximum: Int, timeoutMilliseconds: Int, _ body: (RecordBatch) -> Void) -> SourceEvent {
    let next = control.state.wait(milliseconds: timeoutMilliseconds) { state -> (StreamKind, Int)? in
      guard state.left > 0 else { return nil }
      let count = min(maximum, state.left)
      if state.left < .max { state.left -= count }
      return (state.kind, count)
    }
    guard let (kind, count) = next else { return .idle(caughtUp: true) }
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    records.removeAll(keepingCapacity: true)
    for _ in 0..<count {
      appendEvent(kind)
      ends.append(bytes.count)
    }
    bytes.withUnsafeBytes { all in
      var begin = 0
      for end in ends {
        records.append(
          SourceRecord(
            bytes: UnsafeRawBufferPointer(rebasing: all[begin..<end]), partition: 0, offset: offset,
            nextOffset: offset + 1, timestamp: 0))
        offset += 1
        begin = end
      }
      records.withUnsafeBufferPointer { body(RecordBatch(records: $0)) }
    }
    return .records(count)
  }

  func sight() -> SourceSight? { SourceSight(ends: [:]) }

  func close() {}

  private func appendEvent(_ kind: StreamKind) {
    let label: StaticString = draw() & 3 == 0 ? "{\"label\":1" : "{\"label\":0"
    append(label)
    for field in 0..<GeneratedSource.fields {
      bytes.append(UInt8(ascii: ","))
      bytes.append(UInt8(ascii: "\""))
      bytes.append(UInt8(ascii: "a") + UInt8(field))
      bytes.append(UInt8(ascii: "\""))
      bytes.append(UInt8(ascii: ":"))
      append(value(kind))
    }
    bytes.append(UInt8(ascii: "}"))
    enumerated += 1
  }

  private func value(_ kind: StreamKind) -> UInt64 {
    switch kind {
    case .enumerated: return enumerated % valuesPerField
    case .uniform: return draw() % valuesPerField
    case .zipf:
      let drawn = draw()
      let step = Int(drawn % UInt64(quantiles.count - 1))
      let width = max(1, quantiles[step + 1] - quantiles[step])
      return quantiles[step] + (drawn >> 32) % width
    }
  }

  private func append(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  private func append(_ number: UInt64) {
    var divisor: UInt64 = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
      divisor /= 10
    }
  }

  private func draw() -> UInt64 {
    random ^= random << 13
    random ^= random >> 7
    random ^= random << 17
    return random &* 0x2545_F491_4F6C_DD1D
  }
}
