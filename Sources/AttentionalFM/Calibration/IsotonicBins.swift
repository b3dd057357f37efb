/// One-dimensional isotonic calibration: mean labels of fixed bins of raw scores, made to rise by pooling neighbours.
///
/// 64 bins of width 1/4 from -8 to 8; a score beyond counts as the end itself. Each bin begins with `prior` events at its
/// centre whose mean label is what the centre says, so a bin that nothing is known of leaves scores as they are. All in
/// Double with portable functions, in the order of the events.
struct IsotonicBins: Sendable, Equatable {
  static let count = 64
  /// The end of the range, on both sides.
  static let bound = 8.0
  /// Bins in a unit of raw score.
  static let perUnit = 4.0
  /// The weight of what each bin begins with.
  static let prior = 10.0
  /// The log-odds beyond which no curve goes, on both sides.
  static let greatestAnswer = 40.0

  /// The centres of the bins.
  static let centers: [Float] = (0..<count).map { Float((Double($0) + 0.5) / perUnit - bound) }

  /// The sums over the events of each bin: importance x (1 - label), importance x raw score, importance x label. The first
  /// is no difference of other sums, so it is never lost beside a label sum that is greater by far.
  var rests = [Double](repeating: 0, count: IsotonicBins.count)
  var raws = [Double](repeating: 0, count: IsotonicBins.count)
  var labels = [Double](repeating: 0, count: IsotonicBins.count)

  // The blocks of the pooling: their sums, and how many bins each holds.
  private var blockRests = [Double](repeating: 0, count: IsotonicBins.count)
  private var blockLabels = [Double](repeating: 0, count: IsotonicBins.count)
  private var blockSizes = [Int](repeating: 0, count: IsotonicBins.count)

  /// Starts with no event.
  init() {}

  /// The bin of a raw score, a finite one.
  static func bin(of raw: Double) -> Int {
    min(Int((held(raw) + bound) * perUnit), count - 1)
  }

  private static func held(_ raw: Double) -> Double { max(-bound, min(raw, bound)) }

  /// Counts an event.
  mutating func add(raw: Double, target: Double, importance: Double) {
    let bin = IsotonicBins.bin(of: raw)
    rests[bin] += importance * (1 - target)
    raws[bin] += importance * IsotonicBins.held(raw)
    labels[bin] += importance * target
  }

  /// Lets everything so far count less.
  mutating func forget(keeping share: Double) {
    for bin in 0..<IsotonicBins.count {
      rests[bin] *= share
      raws[bin] *= share
      labels[bin] *= share
    }
  }

  /// Draws the curve anew: the bins' mean raw scores, then the log-odds of their pooled mean labels.
  ///
  /// Pool adjacent violators: from left to right, a bin whose mean label is not above that of the block before it joins
  /// the block; what is left is the rising sequence nearest to the bins' means in weighted squares.
  mutating func draw(into curve: inout [Float]) {
    var blocks = 0
    for bin in 0..<IsotonicBins.count {
      let center = Double(IsotonicBins.centers[bin])
      let weight = rests[bin] + labels[bin] + IsotonicBins.prior
      curve[bin] = Float((raws[bin] + IsotonicBins.prior * center) / weight)
      blockRests[blocks] = rests[bin] + IsotonicBins.prior * PortableMath.sigmoid(-center)
      blockLabels[blocks] = labels[bin] + IsotonicBins.prior * PortableMath.sigmoid(center)
      blockSizes[blocks] = 1
      blocks += 1
      while blocks > 1, mean(blocks - 1) <= mean(blocks - 2) {
        blocks -= 1
        blockRests[blocks - 1] += blockRests[blocks]
        blockLabels[blocks - 1] += blockLabels[blocks]
        blockSizes[blocks - 1] += blockSizes[blocks]
      }
    }
    var next = IsotonicBins.count
    for block in 0..<blocks {
      // Both begin above 0, and stay there.
      let odds = PortableMath.log(blockLabels[block]) - PortableMath.log(blockRests[block])
      let answer = Float(max(-IsotonicBins.greatestAnswer, min(odds, IsotonicBins.greatestAnswer)))
      for _ in 0..<blockSizes[block] {
        curve[next] = next > IsotonicBins.count ? max(answer, curve[next - 1]) : answer
        next += 1
      }
    }
  }

  private func mean(_ block: Int) -> Double { blockLabels[block] / (blockLabels[block] + blockRests[block]) }

  /// Whether the sums can be gone on from.
  var isSound: Bool {
    rests.count == IsotonicBins.count && raws.count == IsotonicBins.count && labels.count == IsotonicBins.count
      && (rests + labels).allSatisfy { $0.isFinite && $0 >= 0 }
      && (0..<IsotonicBins.count).allSatisfy {
        raws[$0].magnitude <= (rests[$0] + labels[$0]) * IsotonicBins.bound * (1 + 1e-9) + 1e-9
      }
  }
}
