import Foundation
import TestSupport
import Testing

extension EndToEndTests {
  /// Whatever single file of a state directory is damaged, the model is the right one, the daemon runs, and says so.
  @Suite(.serialized)
  struct DamageSoakTests {
    @Test func noDamageGivesAWrongModelOrIsNotSaid() throws {
      print("AFM_SOAK_SEED=\(Soak.seed), \(Soak.damages) damages")
      let subject = try DamageSubject()
      var random = SeededGenerator(seed: Soak.seed)
      var done: [String: Int] = [:]
      var failed: [String: Int] = [:]
      for number in 0..<Soak.damages {
        if number > 0, number.isMultiple(of: 250) { print("\(number) damages done") }
        let file = subject.files[number % subject.files.count]
        let damage = Damage(to: file, content: try subject.content(file), using: &random)
        done[damage.kindName, default: 0] += 1
        let log = RunLog("damage-\(Soak.seed)-\(number)")
        log.note(damage.description)
        let daemon = try subject.daemon(with: damage)
        let findings = try judge(damage, daemon, subject)
        guard !findings.isEmpty else { continue }
        for finding in findings {
          failed[finding.kind.rawValue, default: 0] += 1
          log.note("\(finding.kind.rawValue): \(finding.detail)")
        }
        let kinds = findings.map(\.kind.rawValue).joined(separator: ", ")
        print("damage \(number), \(damage): \(kinds)\n  kept in \(log.keep(daemon, kinds))")
      }
      print("done:", done.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: "; "))
      print("failed:", failed.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: "; "))
      #expect(failed.isEmpty)
    }

    /// What is not as it should be.
    private struct Finding {
      enum Kind: String {
        case exited = "the daemon ended although an intact snapshot is named"
        case neverAtTheEnd = "learning did not come to the end"
        case wrongModel = "a wrong model"
        case lost = "records lost or learned twice"
        case unsaid = "damage not said"
        case unverified = "damage not found by verify"
      }
      var kind: Kind
      var detail: String
    }

    private func judge(_ damage: Damage, _ daemon: DaemonUnderTest, _ subject: DamageSubject) throws -> [Finding] {
      var findings: [Finding] = []
      let content = try subject.content(damage.file)
      let isLog = damage.file.hasSuffix(".log")
      // A log that ends early, as after a crash: there is nothing to say where it ends with a record.
      let isCrash = isLog && damage.looksLikeACrash(of: content)
      let isSeen = !(isCrash && LogBytes(content).ends.contains(damage.start(in: content)))

      if damage.file.hasSuffix("manifest.json") || damage.file.hasSuffix("model.safetensors") {
        let verified = try Program.run("afmctl", ["snapshots", "verify", "--directory", daemon.state])
        if verified.status != 1 { findings.append(Finding(kind: .unverified, detail: verified.output)) }
      }
      do {
        try daemon.start()
      } catch {
        return findings + [Finding(kind: .exited, detail: "\(error)")]
      }
      let outcome: DamageSubject.Outcome
      do {
        outcome = try subject.learnToTheEnd(daemon)
      } catch {
        daemon.kill()
        return findings + [Finding(kind: .neverAtTheEnd, detail: "\(error)")]
      }
      if try subject.isRead(damage), isSeen, !isSaid(damage, in: daemon.log, asError: !isCrash) {
        findings.append(Finding(kind: .unsaid, detail: "see afmd.log"))
      }
      if outcome.records != subject.outcome.records,
        // A lineage that ends early, as after a crash, may no longer know of the rollback that skipped records.
        !(damage.file == "snapshots/lineage.log" && isCrash && outcome.records == subject.withoutSkips)
      {
        findings.append(
          Finding(kind: .lost, detail: "\(outcome.records) instead of \(subject.outcome.records)"))
      } else if outcome.export != subject.outcome.export, !isLog {
        findings.append(Finding(kind: .wrongModel, detail: "another export"))
      }
      return findings
    }

    /// Whether the daemon's log names what is damaged: as an error or, where it may have been a crash, at all.
    private func isSaid(_ damage: Damage, in log: String, asError: Bool) -> Bool {
      var parts = damage.file.split(separator: "/").suffix(2)
      // Of a snapshot its number is enough.
      if ["manifest.json", "model.safetensors"].contains(parts.last) { parts.removeLast() }
      let name = parts.joined(separator: "/")
      let levels = asError ? ["error"] : ["error", "warning", "notice"]
      return log.split(separator: "\n").contains { line in
        line.contains(name) && levels.contains { line.contains("level=\($0)") }
      }
    }
  }
}
