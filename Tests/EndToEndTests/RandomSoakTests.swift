import Foundation
import TestSupport
import Testing

extension EndToEndTests {
  /// Whatever happens, in whatever order: no record is lost or learned twice without a word, and nothing but commands is
  /// ever needed to go on.
  ///
  /// A random run of half an hour, in chapters with a daemon and a source of their own: a real Kafka, and a followed
  /// file. Troubles come one at a time: kills, one failed write, sync, rename or truncation, a lost byte, brokers away,
  /// partitions added, the topic made anew with other records, a file rotated slowly, rollbacks, pauses. After each the
  /// account is taken: everything is read (learning may be resumed by command), a snapshot is taken, and every step of
  /// descent accounts for its records (`Descent`). A topic made anew must stop learning. At the end of a file's chapter
  /// the model is that of its lines, bit for bit.
  @Suite(.serialized, .enabled(if: Faults.areThere, "needs AFM_FAULTS_LIBRARY"))
  struct RandomSoakTests {
    @Test func nothingIsLostOrTwiceWithoutAWord() throws {
      print("AFM_SOAK_SEED=\(Soak.seed), \(Int(Soak.seconds)) s")
      var random = SeededGenerator(seed: Soak.seed)
      var done: [String: Int] = [:]
      var failed: [String: Int] = [:]
      let end = Date().addingTimeInterval(Soak.seconds)
      var number = 0
      while Date() < end {
        let isFile = Soak.source.map { $0 == "file" } ?? (number % 3 == 0)
        let share = isFile ? Soak.seconds / 3 : Soak.seconds * 2 / 3
        let until = min(end, Date().addingTimeInterval(min(share, 240)))
        let log = RunLog("random-\(Soak.seed)-\(number)")
        let kind = isFile ? "file" : "kafka"
        number += 1
        var name = "start"
        var chapter: SoakChapter?
        defer { chapter?.close() }
        do {
          let seed = SeededGenerator(seed: random.next())
          let begun: SoakChapter =
            isFile ? try FileChapter(log: log, random: seed) : try KafkaChapter(log: log, random: seed)
          chapter = begun
          try begun.start()
          try begun.account()
          repeat {
            let action = begun.pick()
            name = action.name
            done["\(kind): \(name)", default: 0] += 1
            try begun.perform(action)
          } while Date() < until
          name = "comparison"
          try (begun as? FileChapter)?.compare()
        } catch {
          let trouble = (error as? SoakChapter.Trouble)?.kind ?? "wrong"
          failed["\(kind): \(name), \(trouble)", default: 0] += 1
          if trouble == "stuck", let chapter { log.note("after a restart: \(chapter.afterARestart())") }
          let kept = log.keep(chapter?.daemon, "\(error)")
          print("chapter \(number - 1) (\(kind)), \(name): \("\(error)".prefix(900))\n  kept in \(kept)")
        }
      }
      print("done:", done.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: "; "))
      print("failed:", failed.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: "; "))
      #expect(failed.isEmpty)
    }
  }
}
