import Testing

@testable import Observability

@Suite struct DurationHistogramTests {
  @Test func eachBoundCountsWhatIsNoLonger() {
    let histogram = DurationHistogram()
    for bound in DurationHistogram.bounds {
      histogram.record(nanoseconds: bound)
      histogram.record(nanoseconds: bound + 1)
    }
    let found = histogram.cumulative()
    #expect(found.upTo == DurationHistogram.bounds.indices.map { UInt64(2 * $0 + 1) })
    #expect(found.total == UInt64(2 * DurationHistogram.bounds.count) && histogram.count == found.total)
    histogram.record(nanoseconds: .max / 4)
    #expect(histogram.cumulative().upTo == found.upTo && histogram.count == found.total + 1)
  }

  @Test func boundsAreRoundAndFew() {
    #expect(DurationHistogram.bounds.count < 20)
    #expect(
      DurationHistogram.bounds.map { PrometheusText.number(Double($0) / 1e9) } == [
        "1e-05", "2.5e-05", "5e-05", "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05",
        "0.1", "0.25", "0.5", "1",
      ])
  }
}
