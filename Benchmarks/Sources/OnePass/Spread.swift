import BenchmarkSupport

/// The mean of several seeds and their standard deviation.
struct Spread: CustomStringConvertible {
  let mean: Double
  /// Of the sample; not a number for one value.
  let deviation: Double

  init(_ values: [Double]) {
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = (squares / Double(values.count - 1)).squareRoot()
  }

  var description: String {
    let text = Numbers.text(mean, digits: 4)
    return deviation.isFinite ? "\(text) +- \(Numbers.text(deviation, digits: 4))" : text
  }
}
