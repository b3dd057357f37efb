import DurableFiles

/// A file of the spill.
struct SpillSegment: Sendable {
  var number: UInt64
  var file: OpenFile
  /// How many bytes count; what lies behind was never wholly written.
  var length: UInt64
  var entries: UInt64
  /// How many bytes, and entries, are known to be on the disk.
  var durableLength: UInt64
  var durableEntries: UInt64

  /// Where its entries end.
  var end: SpillPlace { SpillPlace(segment: number, offset: length, entries: entries) }
}

/// What the learner, which adds to the spill, and the sender, which delivers from it, both look at. A value under a
/// monitor.
struct SpillState: Sendable {
  /// The files, by number; the learner adds to the last.
  var segments: [SpillSegment] = []

  /// All before this place was delivered, or given up.
  var mark = SpillPlace()

  /// How it went since the process began.
  var delivered: UInt64 = 0
  var failed: UInt64 = 0
  var dropped: UInt64 = 0

  /// Whether some were dropped, and not all others were delivered since.
  var isDropping = false

  /// Why the last attempt failed; nil once one is acknowledged.
  var failure: String?

  /// Whether the sender waits for an entry, and is to be woken for one.
  var senderWaits = false

  /// Until when the sender may go on, on the clock of `monotonicMilliseconds`; nil while nobody asked it to end.
  var deadline: Int64?

  /// The bytes of all files.
  var bytes: UInt64 { segments.reduce(0) { $0 + $1.length } }

  /// How many entries, and bytes of them, wait to be delivered.
  var waiting: (entries: UInt64, bytes: UInt64) {
    var waiting: (entries: UInt64, bytes: UInt64) = (0, 0)
    for segment in segments where segment.number >= mark.segment {
      let isMarked = segment.number == mark.segment
      waiting.entries += segment.entries - min(segment.entries, isMarked ? mark.entries : 0)
      waiting.bytes += segment.length - min(segment.length, isMarked ? mark.offset : SpillFormat.magicSize)
    }
    return waiting
  }

  /// Where the entries after a place begin: in its segment, or in the next that is there. Nil where there is none.
  func next(after place: SpillPlace) -> (segment: SpillSegment, place: SpillPlace)? {
    for segment in segments where segment.number >= place.segment {
      let start =
        segment.number == place.segment
        ? place : SpillPlace(segment: segment.number, offset: SpillFormat.magicSize, entries: 0)
      if segment.length > start.offset { return (segment, start) }
    }
    return nil
  }

  /// Takes out the oldest file, and counts what of it was not delivered.
  mutating func dropOldest() -> SpillSegment {
    let oldest = segments.removeFirst()
    if oldest.number >= mark.segment {
      let done = oldest.number == mark.segment ? mark.entries : 0
      drop(oldest.entries - min(oldest.entries, done))
      mark = max(mark, oldest.end)
    }
    return oldest
  }

  /// Counts entries that will never be delivered.
  mutating func drop(_ count: UInt64) {
    guard count > 0 else { return }
    dropped &+= count
    isDropping = true
  }

  /// Says that all before a place is done with; takes out the files that are not needed any more.
  mutating func advance(to place: SpillPlace) -> [SpillSegment] {
    mark = max(mark, place)
    if next(after: mark) == nil { isDropping = false }
    var done: [SpillSegment] = []
    while segments.count > 1, let first = segments.first, first.end <= mark { done.append(segments.removeFirst()) }
    return done
  }

  /// Takes off a file what is not known to be on the disk, since it stands in another one; the file where that is all.
  mutating func keepDurable(_ number: UInt64) {
    guard let index = segments.firstIndex(where: { $0.number == number }) else { return }
    if segments[index].durableEntries == 0 {
      segments.remove(at: index)
    } else {
      segments[index].length = segments[index].durableLength
      segments[index].entries = segments[index].durableEntries
    }
  }

  /// How many entries of the file that a place lies in are missing before it, and were not delivered.
  func missing(before place: SpillPlace) -> UInt64 {
    guard mark < place, let segment = segments.first(where: { $0.number == place.segment }),
      segment.length < place.offset
    else { return 0 }
    let known = max(segment.entries, mark.segment == place.segment ? mark.entries : 0)
    return place.entries - min(place.entries, known)
  }

  /// Takes out what lies behind a place: whole files, and the end of the one that it lies in, which is given as well.
  mutating func cut(after place: SpillPlace) -> (removed: [SpillSegment], shortened: SpillSegment?) {
    let removed = segments.filter { $0.number > place.segment }
    segments.removeAll { $0.number > place.segment }
    guard let index = segments.firstIndex(where: { $0.number == place.segment }),
      segments[index].length > place.offset
    else { return (removed, nil) }
    segments[index].length = max(place.offset, SpillFormat.magicSize)
    segments[index].entries = min(segments[index].entries, place.entries)
    segments[index].durableLength = min(segments[index].durableLength, segments[index].length)
    segments[index].durableEntries = min(segments[index].durableEntries, segments[index].entries)
    return (removed, segments[index])
  }
}

/// What a file of the spill begins with.
enum SpillFormat {
  static let magic = Array("afmdead1".utf8)
  static var magicSize: UInt64 { UInt64(magic.count) }

  static func name(_ number: UInt64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 12 - digits.count)) + digits + ".spill"
  }

  /// What is added to the name of a file that cannot be read.
  static let damagedSuffix = ".damaged"

  /// The largest number that a file has; the one behind it says that there is none for another.
  static let lastNumber = UInt64.max - 1

  /// The number of the file that a name is of.
  static func number(_ name: String) -> UInt64? {
    guard name.hasSuffix(".spill"), let number = UInt64(name.dropLast(6)), number <= lastNumber else { return nil }
    return self.name(number) == name ? number : nil
  }

  /// The number of the file that was set aside under a name.
  static func numberSetAside(_ name: String) -> UInt64? {
    name.hasSuffix(damagedSuffix) ? number(String(name.dropLast(damagedSuffix.count))) : nil
  }

  /// The number that follows one, wherever that was read.
  static func number(after number: UInt64) -> UInt64 { min(number, lastNumber) + 1 }
}
