/// A place in the spill of dead letters.
///
/// Segments are numbered as they are begun and no number is used twice, so a place never comes to mean another one:
/// what was cut off behind it is written into a segment of its own.
public struct SpillPlace: Hashable, Comparable, Sendable {
  /// The segment's number, from 1; 0 before the first.
  public var segment: UInt64 = 0
  /// The bytes of the segment that lie before the place.
  public var offset: UInt64 = 0
  /// The entries of the segment that lie before the place.
  public var entries: UInt64 = 0

  /// Makes a place; without arguments the one before everything.
  public init(segment: UInt64 = 0, offset: UInt64 = 0, entries: UInt64 = 0) {
    self.segment = segment
    self.offset = offset
    self.entries = entries
  }

  /// By what comes first in the spill.
  public static func < (left: SpillPlace, right: SpillPlace) -> Bool {
    (left.segment, left.offset) < (right.segment, right.offset)
  }
}
