extension ProgressiveValidation {
  /// The bytes that progressive validation holds for a window of this many events, without slices, which are small.
  public static func memoryEstimate(windowSize: Int) -> Int {
    let window = max(1, windowSize).multipliedReportingOverflow(by: 2 * MemoryLayout<UInt64>.stride)
    let histogram = 2 * ScoreHistogram.bucketCount * MemoryLayout<Double>.stride
    return window.overflow ? Int.max : window.partialValue.addingReportingOverflow(histogram).partialValue
  }
}
