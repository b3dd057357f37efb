import Testing

@testable import LoadGeneration

@Suite struct HistogramTests {
  @Test func bucketsAreContiguousAndAtMostThreePercentWide() {
    for index in 1..<Histogram.bucketCount {
      let low = Histogram.lowest(of: index)
      #expect(Histogram.bucket(of: low) == index)
      #expect(Histogram.bucket(of: low - 1) == index - 1)
      let width = Double(low - Histogram.lowest(of: index - 1))
      #expect(width <= max(1, Double(Histogram.lowest(of: index - 1)) / 31.9))
    }
    #expect(Histogram.bucket(of: .max) == Histogram.bucketCount - 1)
    #expect(Histogram.bucket(of: 0) == 0)
  }

  @Test func quantilesAreRightToThreePercent() throws {
    let histogram = Histogram()
    #expect(histogram.quantile(0.5) == nil)
    for value in 1...100_000 { histogram.record(nanoseconds: UInt64(value)) }
    for fraction in [0.01, 0.5, 0.9, 0.99, 0.999] {
      let found = try #require(histogram.quantile(fraction))
      #expect(abs(found / (fraction * 1e-4) - 1) < 0.032)
    }
    #expect(histogram.count == 100_000)
    #expect(abs(histogram.seconds - 5.00005) < 1e-6)
  }
}
