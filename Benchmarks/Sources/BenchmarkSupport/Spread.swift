/// The mean of several seeds and their standard deviation.
public struct Spread: Sendable, CustomStringConvertible {
  /// The mean.
  public let mean: Double
  /// Of the sample; not a number for one value.
  public let deviation: Double

  /// Takes the values.
  public init(_ values: [Double]) {
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = (squares / Double(values.count - 1)).squareRoot()
  }

  /// Both, to four digits.
  public var description: String {
    let text = Numbers.text(mean, digits: 4)
    return deviation.isFinite ? "\(text) +- \(Numbers.text(deviation, digits: 4))" : text
  }
}
