import EventSources
import Foundation

/// The harness's own account of what was given to a source: for each partition every record, in order.
///
/// A topic that is made anew begins another incarnation: its offsets begin at 0 again, the account goes on.
final class Ledger: @unchecked Sendable {
  /// One record.
  struct Entry {
    var incarnation: Int
    var offset: Int64
    var checksum: UInt64
  }

  /// Where a record stands in the account.
  struct Place {
    var partition: Int32
    var index: Int
  }

  // Everything below is guarded by `lock`.
  private let lock = NSLock()
  private var entries: [Int32: [Entry]] = [:]
  private var sums: [Int32: [UInt64]] = [:]
  private var places: [UInt64: Place] = [:]
  private var texts: [Int32: [String]] = [:]
  private var present = 0
  private var made = 0

  /// The next payload, which no other is equal to; one in 41 cannot be used.
  func payload() -> String {
    lock.withLock {
      made += 1
      let n = made
      if n % 41 == 0 { return "{\"n\":\(n)" }
      return """
        {"label":\((n * 2_654_435_761 >> 7) % 2),"time":"2013-0\(n % 9 + 1)-1\(n % 10)T1\(n % 7):00:00Z",\
        "carrier":"C\(n % 13)","flight":\(n % 997),"tailnum":"N\(n % 211)","origin":"O\(n % 3)","dest":"D\(n % 89)",\
        "distance":\(n % 2500),"n":\(n)}
        """
    }
  }

  /// Notes that a record follows in a partition. `offset` is where it begins, where that is not its number.
  func add(_ payload: String, partition: Int32, offset: Int64? = nil) {
    let bytes = Array(payload.utf8)
    let checksum = bytes.withUnsafeBytes { RecordChecksum(of: $0).value }
    lock.withLock {
      let index = entries[partition, default: []].count
      let next = Int64(index - first(present, partition))
      entries[partition, default: []].append(
        Entry(incarnation: present, offset: offset ?? next, checksum: checksum))
      sums[partition, default: [0]].append((sums[partition]?.last ?? 0) &+ checksum)
      places[checksum] = Place(partition: partition, index: index)
      texts[partition, default: []].append(payload)
    }
  }

  /// The topic is made anew.
  func beginIncarnation() {
    lock.withLock { present += 1 }
  }

  /// The number of the present incarnation.
  var incarnation: Int { lock.withLock { present } }

  /// The partitions that got a record, and how many.
  var counts: [Int32: Int] { lock.withLock { entries.mapValues(\.count) } }

  /// All records together.
  var total: Int { counts.values.reduce(0, +) }

  /// How many records each partition got in the present incarnation: the offset that follows them.
  var ends: [Int32: Int64] {
    lock.withLock { entries.reduce(into: [:]) { $0[$1.key] = Int64($1.value.count - first(present, $1.key)) } }
  }

  /// The record of a payload checksum.
  func place(of checksum: UInt64) -> Place? { lock.withLock { places[checksum] } }

  /// One record.
  func entry(_ partition: Int32, _ index: Int) -> Entry? {
    lock.withLock { entries[partition].flatMap { $0.indices.contains(index) ? $0[index] : nil } }
  }

  /// The payload of a record.
  func text(_ partition: Int32, _ index: Int) -> String? {
    lock.withLock { texts[partition].flatMap { $0.indices.contains(index) ? $0[index] : nil } }
  }

  /// Where an incarnation begins in a partition's account.
  func start(of incarnation: Int, _ partition: Int32) -> Int { lock.withLock { first(incarnation, partition) } }

  /// The sum of the payload checksums of a range of records.
  func sum(_ partition: Int32, _ range: Range<Int>) -> UInt64 {
    lock.withLock {
      guard let sums = sums[partition], range.upperBound < sums.count else { return 0 }
      return sums[range.upperBound] &- sums[range.lowerBound]
    }
  }

  private func first(_ incarnation: Int, _ partition: Int32) -> Int {
    guard let all = entries[partition] else { return 0 }
    var (low, high) = (0, all.count)
    while low < high {
      let middle = (low + high) / 2
      if all[middle].incarnation >= incarnation { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
