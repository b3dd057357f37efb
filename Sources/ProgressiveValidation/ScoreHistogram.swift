/// The histogram of raw scores by class that gives the AUC over the whole run.
///
/// 4,096 buckets of width 1/128 cover the raw scores (log-odds) from -16 to 16; bucket i holds
/// [-16 + i/128, -16 + (i + 1)/128), and scores beyond either end fall into the outermost bucket. Two scores of one
/// bucket count as tied, so the AUC is off by at most half the weight of such pairs. The buckets never move, so the
/// histogram depends on the events alone.
struct ScoreHistogram: Equatable, Sendable {
  static let bucketCount = 4096
  static let bucketsPerUnit: Float = 128
  static let lowest: Float = -16

  /// The weight of the positive events in each bucket.
  var positives = [Double](repeating: 0, count: bucketCount)

  /// The weight of the negative events in each bucket.
  var negatives = [Double](repeating: 0, count: bucketCount)

  /// Adds one event; `raw` must be finite.
  mutating func add(raw: Float, positive: Bool, weight: Double) {
    let bucket = ScoreHistogram.bucket(of: raw)
    if positive {
      positives[bucket] += weight
    } else {
      negatives[bucket] += weight
    }
  }

  static func bucket(of raw: Float) -> Int {
    let scaled = (raw - lowest) * bucketsPerUnit
    if scaled >= Float(bucketCount) { return bucketCount - 1 }
    return scaled > 0 ? Int(scaled) : 0
  }

  /// The area under the curve, ties within a bucket counting half; nil with one class.
  var auc: Double? {
    var sum = AUCSum()
    for bucket in 0..<ScoreHistogram.bucketCount {
      sum.addTies(positive: positives[bucket], negative: negatives[bucket])
    }
    return sum.area
  }
}

/// The area under the ROC curve, summed over groups of tied scores from the lowest to the highest.
struct AUCSum: Sendable {
  private var positive = 0.0
  private var negative = 0.0
  private var won = 0.0

  /// Adds the weights of the positive and the negative events that share the next higher score.
  mutating func addTies(positive: Double, negative: Double) {
    won += positive * (self.negative + negative / 2)
    self.positive += positive
    self.negative += negative
  }

  /// The weighted share of (positive, negative) pairs whose positive scored higher; nil with one class.
  var area: Double? {
    let pairs = positive * negative
    return pairs > 0 ? won / pairs : nil
  }
}
