/// When the requests of a connection that are not answered yet were due, in their order.
struct PendingRequests {
  private var times: [UInt64] = []
  private var head = 0

  /// Whether all were answered.
  var isEmpty: Bool { head == times.count }

  /// How many were not.
  var count: Int { times.count - head }

  mutating func append(_ time: UInt64) {
    times.append(time)
  }

  /// The oldest; nil where all were answered.
  mutating func removeFirst() -> UInt64? {
    guard head < times.count else { return nil }
    let time = times[head]
    head += 1
    if head == times.count {
      times.removeAll(keepingCapacity: true)
      head = 0
    } else if head >= 4096, head * 2 >= times.count {
      times.removeFirst(head)
      head = 0
    }
    return time
  }
}
