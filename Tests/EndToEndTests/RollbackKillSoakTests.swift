import Foundation
import TestSupport
import Testing

extension EndToEndTests {
  /// A rollback that is killed has happened wholly or not at all: no record is lost, none is learned twice.
  ///
  /// Records trickle into a mock cluster of one and of four partitions. Two snapshots are taken, a rollback to one of
  /// them is asked for and the daemon is killed: at a random moment within 100 ms, or instead of the nth call that
  /// changes the state directory. It is started again, reads everything, and takes a snapshot. The rule:
  ///
  /// - Every snapshot accounts for every record between it and the one it descends from (`Descent`); the last one stands
  ///   at the end of every partition.
  /// - If the rollback is in the line of that last snapshot, it happened: with `keep` what lies between its target's
  ///   position and its own is skipped, and its manifest says so; with `rewind` that is learned again. If it is not, it
  ///   did not happen, and its absence is no word: everything was learned. It must have happened if it was acknowledged.
  /// - Of one partition the model is in the end, bit for bit, that of the records its line learned.
  /// - The daemon never ended by itself, and learning went on without a command.
  @Suite(
    .serialized,
    .enabled(if: Faults.areThere, "needs AFM_FAULTS_LIBRARY"))
  struct RollbackKillSoakTests {
    /// What is counted of one kind.
    private struct Tally {
      var kills = 0
      var happened = 0
      var lost = 0
      var twice = 0
      var wrong = 0
      var stuck = 0
      var failed: Int { lost + twice + wrong + stuck }
    }

    @Test(arguments: Soak.libraries) func killsDuringARollbackLoseNothing(library: String?) throws {
      var random = SeededGenerator(seed: Soak.seed)
      print("AFM_SOAK_SEED=\(Soak.seed), librdkafka \(library ?? "of the system")")
      // Short: both libraries and all kinds of rollback, each library with the number of partitions that hurts it most.
      let short: [Int32] = library == nil ? [4] : [1]
      let partitions = Soak.partitions.map { [$0] } ?? (Soak.isLong ? [4, 1] : short)
      var tallies: [String: Tally] = [:]
      for count in partitions {
        try run(partitions: count, library, &random, &tallies)
      }
      #expect(!tallies.isEmpty && tallies.values.allSatisfy { $0.failed == 0 })
    }

    private func run(
      partitions: Int32, _ library: String?, _ random: inout SeededGenerator, _ tallies: inout [String: Tally]
    ) throws {
      var field: RollbackField?
      var duration = 20.0
      func trial(_ kind: RollbackField.Kind, _ moment: RollbackField.Moment) throws -> Bool {
        if field == nil {
          field = try RollbackField(
            partitions: partitions, library: library, log: RunLog("rollback-\(partitions)-\(library == nil ? 0 : 1)"))
          duration = try field?.duration() ?? duration
        }
        guard let place = field else { return false }
        let name = "\(partitions) partitions, \(kind)"
        tallies[name, default: Tally()].kills += 1
        do {
          let outcome = try place.kill(kind, moment)
          if outcome.hasHappened { tallies[name]?.happened += 1 }
          guard outcome.findings.isEmpty else {
            let kinds = outcome.findings.map(\.kind)
            if kinds.contains(.twice) {
              tallies[name]?.twice += 1
            } else if kinds.contains(.lost) {
              tallies[name]?.lost += 1
            } else {
              tallies[name]?.wrong += 1
            }
            throw Program.Failure(description: outcome.findings.map(\.description).joined(separator: "; "))
          }
          return outcome.reachedMoment
        } catch {
          if ["never came about", "daemon ended", "afmd ended"].contains(where: "\(error)".contains) {
            tallies[name]?.stuck += 1
          }
          let kept = place.log.keep(place.daemon, "\(error)")
          print("\(name), kill \(moment): \("\(error)".prefix(400))\n  kept in \(kept)")
          // What went wrong would go on being wrong: the next one begins anew.
          field = nil
          return true
        }
      }

      for kind in RollbackField.Kind.all {
        for number in 0..<Soak.kills {
          // Half of them while it is being done, half at any time within 100 ms.
          let most = number % 2 == 0 ? min(100, duration * 1.2) : 100
          _ = try trial(kind, .after(milliseconds: Double.random(in: 0..<most, using: &random)))
        }
        var call = Soak.isLong ? 1 : Int.random(in: 1...12, using: &random)
        while try trial(kind, .at(call: call, of: RollbackField.steps)), Soak.isLong, call < 60 { call += 1 }
        if !Soak.isLong { _ = try trial(kind, .at(call: 1, of: "mkdir")) }
        let name = "\(partitions) partitions, \(kind)"
        let tally = tallies[name] ?? Tally()
        print(
          "\(name): \(tally.kills) kills, \(tally.happened) happened; lost \(tally.lost), twice \(tally.twice), wrong "
            + "\(tally.wrong), stuck \(tally.stuck)")
      }
      if partitions == 1, let field { #expect(try field.hasTheModelOfItsRecords()) }
    }
  }
}
