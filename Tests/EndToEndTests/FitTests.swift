import Foundation
import TestSupport
import Testing

extension EndToEndTests {
  /// `afmctl fit`, and a daemon that goes on from what it learned.
  @Suite(.serialized) struct FitTests {
    private let sample = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Config/demo/flights.ndjson.xz").path

    @Test func fitLearnsWhatTheDaemonLearnsAndADaemonGoesOnWhereItIsTold() throws {
      let settings = DaemonUnderTest.Settings(source: DaemonUnderTest.file(sample))
      let fitted = try DaemonUnderTest(settings)
      let words = ["fit", "--config", fitted.settings, "--train-file", sample]
      let report = try JSON(Program.output("afmctl", words + ["--output", fitted.state, "--json"]))
      let events = try Int(report["events_learned"].number)
      #expect(events > 1000)

      let daemon = try DaemonUnderTest(settings)
      try daemon.start()
      try daemon.waitUntilLearned(events)
      #expect(try daemon.terminate() == 0)
      #expect(try fitted.export() == daemon.export())

      // It serves at once, and learns when it is told where to begin; that is asked once.
      try fitted.start()
      _ = try eventually("learning waits for a position") {
        try fitted.status()["learning.reason"].canonical.contains("positionLost") ? true : nil
      }
      #expect(try fitted.status()["events_learned"].number == Double(events))
      try fitted.ctl("resume", "--position", "earliest")
      try fitted.waitUntilLearned(2 * events)
      #expect(try fitted.terminate() == 0)
      try fitted.start()
      try fitted.waitUntilLearned(2 * events)
      #expect(try fitted.status()["events_learned"].number == Double(2 * events))
      #expect(try fitted.terminate() == 0)
    }

    @Test func fitStopsEarlyGoesOnAndSaysWhatItCannotDo() throws {
      let place = try DaemonUnderTest(.init(source: DaemonUnderTest.file(sample)))
      let words = [
        "fit", "--config", place.settings, "--train-file", sample, "--validation", sample, "--test", sample, "--batch",
        "64", "--output", place.state, "--json",
      ]
      let first = try JSON(Program.output("afmctl", words + ["--epochs", "1", "--shuffle"]))
      #expect(try first["epochs"].elements.count == 1)
      #expect(try Program.run("afmctl", words + ["--epochs", "2"]).status == 65)
      let more = try Program.run("afmctl", words + ["--epochs", "3", "--patience", "2", "--resume"])
      #expect(more.status == 0 && more.errors.contains("epoch 2:") && !more.errors.contains("epoch 1:"))
      let report = try JSON(more.output)
      #expect(try report["epochs"].elements.count == 3)
      let best = try report["epochs"].elements[Int(report["best_epoch"].number) - 1]
      #expect(try report["test.loss"].number == best["validation.loss"].number)
      #expect(try Program.run("afmctl", words + ["--shuffle", "--no-shuffle"]).status == 64)
      try Program.output("afmctl", ["snapshots", "verify", "--directory", place.state])
    }
  }
}
