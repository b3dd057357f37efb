extension NumericTransform {
  /// The transformed number; NaN where the transform has no value there. Not for the categorical transforms.
  func apply(_ number: Double) -> Double {
    switch self {
    case .identity, .buckets, .bucketWidth: number
    case .log1p: NumericTransform.logarithm(onePlus: number)
    case .standardize(let mean, let scale): (number - mean) / scale
    }
  }

  /// The bucket a number falls into; NaN where the transform is not categorical.
  func bucket(of number: Double) -> Double {
    switch self {
    case .identity, .log1p, .standardize: return .nan
    case .bucketWidth(let width): return (number / width).rounded(.down)
    case .buckets(let boundaries):
      var low = 0
      var high = boundaries.count
      while low < high {
        let middle = (low + high) / 2
        if boundaries[middle] <= number { low = middle + 1 } else { high = middle }
      }
      return Double(low)
    }
  }

  /// log(1 + x) with the same bits on every machine, which the system's library does not promise.
  ///
  /// With u = 1 + x rounded and c the rounding error relative to u, log(1 + x) = log(u) + c; u = 2^e m with m in
  /// [sqrt(1/2), sqrt(2)), and log(m) = 2 artanh(s) for s = (m - 1) / (m + 1), |s| < 0.172, as a series up to s^23.
  /// Within 1e-15 relative of the exact value (for tiny x: log(1 + x) = x).
  static func logarithm(onePlus x: Double) -> Double {
    guard x > -1 else { return .nan }
    if x.magnitude < 1e-17 { return x }
    let u = 1 + x
    let correction = (x - (u - 1)) / u
    var exponent = Double(u.exponent)
    var m = u.significand
    if m > 1.414_213_562_373_095_1 {
      m /= 2
      exponent += 1
    }
    let s = (m - 1) / (m + 1)
    let square = s * s
    var series = 0.0
    for divisor in stride(from: 23.0, through: 3.0, by: -2.0) { series = (series + 1 / divisor) * square }
    let logarithm = 2 * (s + s * series)
    // ln 2 in two parts: the first has few enough bits that its product with the exponent is exact.
    return exponent * 6.931_471_803_691_238_164_90e-01
      + (exponent * 1.908_214_929_270_587_700_02e-10 + correction + logarithm)
  }
}
