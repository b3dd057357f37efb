import TestSupport
import Testing

extension EndToEndTests {
  /// `afmctl bench` against a daemon that learns meanwhile.
  @Suite(.serialized, .enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"))
  struct BenchTests {
    @Test func benchMeasuresTheSocketWhileTheDaemonLearns() throws {
      let daemon = try DaemonUnderTest(.init(source: DaemonUnderTest.file(try Flights.file())))
      try daemon.start()
      let folder = try TemporaryDirectory()
      let words = [
        "--socket", daemon.score, "bench", "--file", try Flights.file(first: 200, in: folder), "--warm-up", "0",
      ]
      func bench(_ options: [String]) throws -> JSON {
        try JSON(Program.output("afmctl", words + ["--json", "--duration", "300ms"] + options))
      }
      for spoken in [["--protocol", "lines", "--connections", "3"], ["--protocol", "http"]] {
        let answer = try bench(["--rate", "1000", "--spacing", "constant"] + spoken)
        #expect(try answer["result.mode"].text == "open_loop")
        #expect(try answer["result.requests"].number == 300)
        #expect(try answer["result.errors"].elements.isEmpty)
        #expect(try answer["result.latency.max"].number >= (try answer["result.latency.p50"].number))
      }
      let closed = try bench(["--rate", "max", "--instances-per-request", "10"])
      #expect(try closed["result.mode"].text == "closed_loop")
      #expect(try closed["result.scores_per_second"].number > 0)
      let refused = try Program.run("afmctl", words + ["--duration", "100ms", "--instances-per-request", "2000"])
      #expect(refused.status == 1)
      #expect(refused.output.contains("status 413"))
      #expect(try daemon.terminate() == 0)
    }
  }
}
