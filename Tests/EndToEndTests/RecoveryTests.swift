import Foundation
import TestSupport
import Testing

extension EndToEndTests {
  /// What an operator does where no snapshot can be started from.
  @Suite(.serialized, .enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"))
  struct RecoveryTests {
    private func change(_ path: String) throws {
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      bytes[bytes.count / 2] ^= 1
      try bytes.write(to: URL(fileURLWithPath: path))
    }

    @Test func aStartThatWouldBeginAnewWaitsForAWord() throws {
      let folder = try TemporaryDirectory()
      let daemon = try DaemonUnderTest(.init(source: DaemonUnderTest.file(Flights.file(first: 500, in: folder))))
      try daemon.start()
      try daemon.waitUntilLearned(500)
      #expect(try daemon.terminate() == 0)
      let learned = try daemon.export()
      let list = { try JSON(Program.output("afmctl", ["snapshots", "list", "-d", daemon.state, "--json"])) }
      let snapshots = try list()["snapshots"].elements
      let first = try #require(snapshots.first)["snapshot"].canonical
      let newest = try #require(snapshots.last)["snapshot"].canonical
      #expect(snapshots.count == 2)
      #expect(try #require(snapshots.first)["events_learned"].number == 0)

      // Only the start's own snapshot, of 0 events, is whole.
      let model = daemon.state + "/snapshots/00000\(newest)/model.safetensors"
      try change(model)
      let refused = try Program.run("afmd", ["--config", daemon.settings])
      #expect(refused.status == 65)
      #expect(refused.errors.contains("afmctl snapshots choose") && refused.errors.contains("afmd --fresh"))
      #expect(try Program.run("afmctl", ["snapshots", "verify", "-d", daemon.state]).status == 1)
      #expect(try Program.run("afmctl", ["snapshots", "choose", newest, "-d", daemon.state]).status == 1)

      // Brought back from a backup it needs no word.
      try change(model)
      try daemon.start()
      #expect(try Program.run("afmctl", ["snapshots", "choose", first, "-d", daemon.state]).status == 75)
      #expect(try daemon.terminate() == 0)
      #expect(try daemon.export() == learned)

      // Chosen, the first is learned from again.
      try Program.output("afmctl", ["snapshots", "choose", first, "-d", daemon.state])
      try daemon.start()
      try daemon.waitUntilLearned(500)
      #expect(try daemon.terminate() == 0)
      #expect(try daemon.export() == learned)

      // Begun anew, by a word.
      try daemon.start(options: ["--fresh"])
      try daemon.waitUntilLearned(500)
      #expect(try daemon.terminate() == 0)
      #expect(try daemon.export() == learned)
      let now = try list()["snapshots"].elements.map { try $0["snapshot"].number }
      let aside = try #require(
        FileManager.default.contentsOfDirectory(atPath: daemon.state).first { $0.hasPrefix("set-aside-") })
      let before = try JSON(
        Program.output("afmctl", ["snapshots", "list", "-d", daemon.state + "/" + aside, "--json"]))
      let old = try before["snapshots"].elements.map { try $0["snapshot"].number }
      #expect(old.count >= 2 && (old.max() ?? 0) < (now.min() ?? 0))
    }
  }
}
