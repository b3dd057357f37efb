import Testing
import Threads

@testable import Observability

@Suite struct MetricsTests {
  @Test func writesThePrometheusText() {
    let metrics = Metrics(labels: ["model": "main"])
    let rejected = metrics.counter(
      "afm_records_rejected_total", "Records that could not be used.", ["reason": "bad_json"])
    _ = metrics.counter("afm_records_rejected_total", "Records that could not be used.", ["reason": "a\"\\\nb"])
    let lag = metrics.gauge("afm_lag_records", "Records behind.")
    metrics.gauge("afm_absent", "Not known.") { nil }
    metrics.gauge("afm_loss", "Loss.") { 0.25 }
    metrics.counter("afm_read_bytes_total", "Bytes read.") { 7 }
    rejected.add(3)
    lag.set(2)
    lag.add(0.5)
    #expect(
      metrics.text() == """
        # HELP afm_records_rejected_total Records that could not be used.
        # TYPE afm_records_rejected_total counter
        afm_records_rejected_total{model="main",reason="bad_json"} 3
        afm_records_rejected_total{model="main",reason="a\\"\\\\\\nb"} 0
        # HELP afm_lag_records Records behind.
        # TYPE afm_lag_records gauge
        afm_lag_records{model="main"} 2.5
        # HELP afm_loss Loss.
        # TYPE afm_loss gauge
        afm_loss{model="main"} 0.25
        # HELP afm_read_bytes_total Bytes read.
        # TYPE afm_read_bytes_total counter
        afm_read_bytes_total{model="main"} 7

        """)
  }

  @Test func labelsMayBeKnownOnlyWhenTheMetricsAreAskedFor() {
    let metrics = Metrics(labels: ["model": "main"])
    metrics.gauges("afm_slice_loss", "Loss.") {
      [Metrics.LabeledNumber(["value": "a\"b"], 0.5), Metrics.LabeledNumber(["value": ""], 2)]
    }
    metrics.gauges("afm_none", "Nothing.") { [] }
    #expect(
      metrics.text() == """
        # HELP afm_slice_loss Loss.
        # TYPE afm_slice_loss gauge
        afm_slice_loss{model="main",value="a\\"b"} 0.5
        afm_slice_loss{model="main",value=""} 2

        """)
  }

  @Test func sameNameAndLabelsAreOneInstrument() {
    let metrics = Metrics()
    let first = metrics.counter("afm_x_total", "X.", ["a": "1"])
    #expect(first === metrics.counter("afm_x_total", "X.", ["a": "1"]))
    #expect(first !== metrics.counter("afm_x_total", "X.", ["a": "2"]))
    first.restore(41)
    first.add()
    #expect(first.value == 42)
  }

  @Test func histogramsAreCumulativeAndEndInInfinity() throws {
    let metrics = Metrics(labels: ["model": "main"])
    let histogram = metrics.histogram("afm_request_duration_seconds", "Time.", ["op": "score"])
    for value in [500, 5000, 50_000, UInt64.max / 4] { histogram.record(nanoseconds: value) }
    let lines = metrics.text().split(separator: "\n").filter { $0.contains("_bucket") }
    let counts = try lines.map { try #require(Int($0.split(separator: " ")[1])) }
    #expect(counts == counts.sorted())
    #expect(counts.prefix(3) == [2, 2, 3])
    #expect(counts.last == 4 && counts.count == 17)
    #expect(
      try #require(lines.last).hasPrefix("afm_request_duration_seconds_bucket{model=\"main\",op=\"score\",le=\"+Inf\"}")
    )
  }

  @Test func numbersNeverBreakTheFormat() {
    #expect(PrometheusText.number(.nan) == "NaN")
    #expect(PrometheusText.number(-.infinity) == "-Inf")
    #expect(PrometheusText.number(3) == "3")
    #expect(PrometheusText.number(1e300) == "1e+300")
  }

  @Test func processMetricsCarryNoModel() {
    let metrics = Metrics(labels: ["model": "main"])
    metrics.registerProcess()
    let text = metrics.text()
    #expect(text.contains("\nprocess_resident_memory_bytes "))
    #expect(text.contains("\nprocess_cpu_seconds_total "))
    #expect(text.contains("\nprocess_open_fds ") && text.contains("\nprocess_max_fds "))
    #expect(text.contains("\nprocess_virtual_memory_bytes "))
  }

  @Test func threadsMayCountTogether() {
    let metrics = Metrics()
    let counter = metrics.counter("afm_x_total", "X.")
    let histogram = metrics.histogram("afm_x_seconds", "X.")
    let gauge = metrics.gauge("afm_x", "X.")
    let threads = (0..<4).map { number in
      DedicatedThread(name: "count \(number)") {
        for value in 0..<10_000 {
          counter.add()
          histogram.record(nanoseconds: UInt64(value))
          gauge.add(1)
        }
      }
    }
    threads.forEach { $0.join() }
    #expect(counter.value == 40_000)
    #expect(histogram.count == 40_000)
    #expect(gauge.value == 40_000)
  }
}
