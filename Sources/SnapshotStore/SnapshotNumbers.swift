/// Numbers of snapshots, as ranges: nearly all follow each other.
public struct SnapshotNumbers: Codable, Equatable, Sendable {
  /// The ranges, rising, with gaps between them.
  private(set) var ranges: [ClosedRange<UInt64>] = []

  /// Makes an empty set.
  public init() {}

  /// Whether a number is there.
  public func contains(_ number: UInt64) -> Bool {
    let place = placeAfter(number)
    return place > 0 && ranges[place - 1].contains(number)
  }

  /// Adds a number.
  public mutating func insert(_ number: UInt64) {
    let place = placeAfter(number)
    if place > 0, ranges[place - 1].contains(number) { return }
    let follows = place > 0 && ranges[place - 1].upperBound &+ 1 == number
    let precedes = place < ranges.count && ranges[place].lowerBound == number &+ 1
    switch (follows, precedes) {
    case (true, true):
      ranges[place - 1] = ranges[place - 1].lowerBound...ranges[place].upperBound
      ranges.remove(at: place)
    case (true, false): ranges[place - 1] = ranges[place - 1].lowerBound...number
    case (false, true): ranges[place] = number...ranges[place].upperBound
    case (false, false): ranges.insert(number...number, at: place)
    }
  }

  /// Adds all of another set.
  public mutating func formUnion(_ other: SnapshotNumbers) {
    var merged: [ClosedRange<UInt64>] = []
    for range in (ranges + other.ranges).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, range.lowerBound <= last.upperBound || range.lowerBound == last.upperBound &+ 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    ranges = merged
  }

  /// The first range that begins after a number.
  private func placeAfter(_ number: UInt64) -> Int {
    if let last = ranges.last, last.lowerBound <= number { return ranges.count }
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].lowerBound <= number { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Reads a list of pairs, each the first and the last number of a range.
  public init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    while !container.isAtEnd {
      let pair = try container.decode([UInt64].self)
      guard pair.count == 2, pair[0] <= pair[1] else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(pair) is no range of numbers")
      }
      ranges.append(pair[0]...pair[1])
    }
    let whole = self
    ranges = []
    formUnion(whole)
  }

  /// Writes a list of pairs.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    for range in ranges { try container.encode([range.lowerBound, range.upperBound]) }
  }
}
