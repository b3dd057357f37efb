import LoadGeneration

/// A server on a clock of its own: each request takes a service time, one after the other on each connection, and
/// during a stall nothing is answered. No test waits for real time.
final class SimulatedServer: LoadTransport {
  private struct Pending {
    var connection: Int
    var done: UInt64
    var outcome: LoadOutcome
  }

  let connections: Int
  private(set) var now: UInt64 = 1_000
  var processorTime: UInt64 { now / 10 }

  private let serviceTime: UInt64
  private let stall: Range<UInt64>
  /// How long a request takes to be sent, by which the generator falls behind.
  private let sendTime: UInt64
  private var freeFrom: [UInt64]
  private var pending: [Pending] = []
  private let start: UInt64 = 1_000
  private(set) var sent = 0
  /// What becomes of the request of a number.
  var outcomes: [Int: LoadOutcome] = [:]
  /// Requests from this number on are never answered.
  var silentFrom = Int.max

  init(connections: Int = 1, serviceTime: UInt64, stall: Range<UInt64> = 0..<0, sendTime: UInt64 = 0) {
    self.connections = connections
    self.serviceTime = serviceTime
    self.stall = stall
    self.sendTime = sendTime
    freeFrom = [UInt64](repeating: 0, count: connections)
  }

  func send(_ request: UnsafeRawBufferPointer, on connection: Int) {
    defer { sent += 1 }
    now += sendTime
    guard sent < silentFrom else { return }
    var begin = max(now, freeFrom[connection])
    let offset = begin - start
    if stall.contains(offset) { begin = start + stall.upperBound }
    let done = begin + serviceTime
    freeFrom[connection] = done
    pending.append(Pending(connection: connection, done: done, outcome: outcomes[sent] ?? .scored))
  }

  func wait(until deadline: UInt64, _ answered: (Int, LoadOutcome) -> Void) {
    let next = pending.map(\.done).min()
    let until = max(now, min(deadline, next ?? deadline))
    now = until
    let ready = pending.filter { $0.done <= now }.sorted { $0.done < $1.done }
    pending.removeAll { $0.done <= now }
    for answer in ready { answered(answer.connection, answer.outcome) }
  }
}
