/// Weighted sums over events that can be put into a snapshot.
protocol WeightedSums: Equatable, Sendable {
  /// How many events were added.
  var events: UInt64 { get }

  /// The sums as numbers in a fixed order, `numberCount` of them; the number of events is kept apart.
  var numbers: [Double] { get }

  static var numberCount: Int { get }

  init()

  /// Goes on from saved sums, `numberCount` of them.
  init(events: UInt64, numbers: [Double])
}

/// Sums over the whole run, the open window and the last one that ended.
struct RunAndWindow<Sums: WeightedSums>: Equatable, Sendable {
  var run = Sums()
  var window = Sums()
  var lastWindow = Sums()

  mutating func endWindow() {
    lastWindow = window
    window = Sums()
  }

  /// The sums as named arrays; empty where nothing was ever added.
  var state: [NamedArray] {
    guard run.events > 0 else { return [] }
    let parts = [run, window, lastWindow]
    return [
      NamedArray("counts", .unsigned(parts.map(\.events))), NamedArray("sums", .double(parts.flatMap(\.numbers))),
    ]
  }

  init() {}

  /// Goes on from saved arrays.
  ///
  /// - Throws: where one is missing or of another length.
  init(_ saved: SavedArrays) throws(ProgressiveStateProblem) {
    let counts = try saved.unsigned("counts", count: 3)
    let numbers = try saved.doubles("sums", count: 3 * Sums.numberCount)
    func part(_ index: Int) -> Sums {
      let start = index * Sums.numberCount
      return Sums(events: counts[index], numbers: Array(numbers[start..<(start + Sums.numberCount)]))
    }
    (run, window, lastWindow) = (part(0), part(1), part(2))
  }
}
