/// What a slab holds: it can be linked to another of its kind, and a new one is made of nothing.
protocol SlabElement: Sendable {
  /// The place of the next one of a list; `Slab.nowhere` at its end.
  var link: UInt32 { get set }
  init()
}

/// Places for elements that are taken and given back.
///
/// It grows by segments of a fixed size, so growing moves nothing, and a copy shares every segment that neither of the
/// two has changed since. Taking and giving back allocates nothing while there is a place to take.
struct Slab<Element: SlabElement>: Sendable {
  static var nowhere: UInt32 { .max }
  private static var segmentBits: UInt32 { 12 }
  private static var segmentCount: Int { 1 << segmentBits }

  private var segments: [[Element]] = []
  private var firstFree = Slab.nowhere

  /// How many places are taken.
  private(set) var used = 0

  /// Takes a place, of which the element is whatever was there before.
  mutating func take() -> UInt32 {
    if firstFree == Slab.nowhere { grow() }
    let place = firstFree
    firstFree = self[place].link
    used += 1
    return place
  }

  /// Gives a taken place back.
  mutating func giveBack(_ place: UInt32) {
    self[place].link = firstFree
    firstFree = place
    used -= 1
  }

  /// The element at a place that was taken.
  subscript(place: UInt32) -> Element {
    get { segments[Int(place >> Slab.segmentBits)][Int(place) & (Slab.segmentCount - 1)] }
    _modify { yield &segments[Int(place >> Slab.segmentBits)][Int(place) & (Slab.segmentCount - 1)] }
  }

  private mutating func grow() {
    let first = UInt32(truncatingIfNeeded: segments.count << Int(Slab.segmentBits))
    var segment = [Element](repeating: Element(), count: Slab.segmentCount)
    for index in segment.indices {
      segment[index].link = index + 1 < segment.count ? first + UInt32(truncatingIfNeeded: index + 1) : Slab.nowhere
    }
    segments.append(segment)
    firstFree = first
  }
}
