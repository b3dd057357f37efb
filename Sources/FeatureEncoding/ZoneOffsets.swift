import Foundation

/// The offsets of a zone, looked up once, so that finding one for an event allocates nothing.
///
/// An IANA zone's offsets are those the system's time zone data gives for 1970 to 2105; before and after, the first and
/// last of them hold.
struct ZoneOffsets: Equatable {
  /// From each of these moments (seconds since 1970, ascending) on the offset of the same index holds.
  var starts: [Int64]

  /// Offsets from UTC in seconds, east positive; the first holds before the first start too.
  var offsets: [Int64]

  /// Looks a zone up; nil where the system knows no zone of that name.
  init?(_ zone: TimeZoneName) {
    if zone.name == "UTC" {
      self.init(fixed: 0)
    } else if let fixed = Self.fixedOffset(zone.name) {
      self.init(fixed: fixed)
    } else {
      guard zone.name.contains("/"), let known = TimeZone(identifier: zone.name) else { return nil }
      self.init(sampling: known)
    }
  }

  init(fixed: Int64) {
    starts = [0]
    offsets = [fixed]
  }

  private init(sampling zone: TimeZone) {
    func offset(_ seconds: Int64) -> Int64 {
      Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
    }
    // No zone has changed its offset twice within five days and back.
    let step: Int64 = 5 * 86_400
    starts = [0]
    offsets = [offset(0)]
    var current = offsets[0]
    for sample in stride(from: step, through: 4_291_747_200, by: Int(step)) {
      let next = offset(Int64(sample))
      guard next != current else { continue }
      var before = Int64(sample) - step
      var after = Int64(sample)
      while after - before > 1 {
        let middle = (before + after) / 2
        if offset(middle) == current { before = middle } else { after = middle }
      }
      starts.append(after)
      offsets.append(next)
      current = next
    }
  }

  /// The offset at a moment, in seconds.
  func offset(at seconds: Int64) -> Int64 {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= seconds { low = middle } else { high = middle }
    }
    return offsets[low]
  }

  private static func fixedOffset(_ name: String) -> Int64? {
    var name = name
    return name.withUTF8 { $0.isEmpty ? nil : RFC3339.offset(UnsafeRawBufferPointer($0), from: 0) }
  }
}
