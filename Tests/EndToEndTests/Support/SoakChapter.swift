import Foundation
import Glibc
import TestSupport

/// A part of the random run: one daemon, one source, troubles one at a time, and the account after each.
///
/// Subclasses bring the source and its own troubles.
class SoakChapter {
  /// A trouble that was not survived.
  struct Trouble: Error, CustomStringConvertible {
    /// `lost`, `twice`, `wrong`, `stuck` (nothing but a restart helps), `silent` or `ended`.
    var kind: String
    var text: String
    var description: String { "\(kind): \(text)" }
  }

  /// Something that happens to a daemon.
  struct Action {
    var name: String
    var weight: Int
    var body: () throws -> Void
  }

  let daemon: DaemonUnderTest
  let log: RunLog
  let ledger: Ledger
  let faults: Faults
  let control: ControlSocket
  var random: SeededGenerator
  private(set) var descent: Descent

  init(
    source: String, countsRecords: Bool, ledger: Ledger, log: RunLog, random: SeededGenerator
  ) throws {
    self.ledger = ledger
    self.log = log
    self.random = random
    faults = try Faults()
    descent = Descent(countsRecords: countsRecords)
    daemon = try DaemonUnderTest(
      .init(
        source: source, snapshots: "every: 3s\nkeep: 300\non_shutdown: false",
        more: Soak.settings + "\nquarantine: {maximum_size: 64KiB}"))
    control = ControlSocket(path: daemon.control)
  }

  /// The troubles of this kind of source.
  var ownActions: [Action] { [] }
  /// Everything that was produced is in the source, and nothing more comes until `flow`.
  func rest() throws {}
  func flow() throws {}
  /// Whether a status says that everything was read.
  func isReadToTheEnd(_ status: JSON) throws -> Bool { true }
  /// Lets go of the source.
  func close() {}

  /// Picks a trouble.
  func pick() -> Action {
    let wanted = (commonActions + ownActions).filter { Soak.wants($0.name) }
    let actions = wanted.isEmpty ? commonActions : wanted
    var ticket = Int.random(in: 0..<actions.reduce(0) { $0 + $1.weight }, using: &random)
    for action in actions {
      ticket -= action.weight
      if ticket < 0 { return action }
    }
    return actions[0]
  }

  /// Does it, lets some time pass, and takes the account.
  func perform(_ action: Action) throws {
    log.note("-- \(action.name)")
    do {
      try action.body()
    } catch let failure where !daemon.isRunning && !(failure is Trouble) {
      throw Trouble(kind: "ended", text: "\(failure)")
    }
    usleep(UInt32.random(in: 0..<400_000, using: &random))
    try account()
  }

  func start() throws {
    log.note("start")
    try daemon.start(environment: faults.environment)
  }

  /// Whether a restart helps where nothing else did.
  func afterARestart() -> String {
    do {
      daemon.kill()
      try start()
      try account()
      return "it goes on, and nothing is lost"
    } catch {
      return "\(error)"
    }
  }

  /// Everything that was produced is in the newest snapshot, once.
  func account() throws {
    try rest()
    let deadline = Date().addingTimeInterval(60)
    while true {
      try goOn()
      let id = try snapshot()
      let findings = descent.judge(ledger)
      if let first = findings.first {
        throw Trouble(kind: first.kind.rawValue, text: findings.map(\.text).joined(separator: "; "))
      }
      if descent.isComplete(id, ledger) { break }
      guard Date() < deadline else {
        throw Trouble(
          kind: "lost", text: "snapshot \(id) says that everything was read, and does not stand at the end")
      }
      usleep(200_000)
    }
    log.note("account: \(ledger.total) records, right")
    try flow()
  }

  /// Waits until everything was read, resuming where learning stopped; a restart must never be needed.
  func goOn(within seconds: Double = 60) throws {
    let deadline = Date().addingTimeInterval(seconds)
    while true {
      guard daemon.isRunning else { throw Trouble(kind: "ended", text: "the daemon ended by itself") }
      let status = try status()
      if try isReadToTheEnd(status) { return }
      if try status["learning.state"].text != "running" { try resume(status) }
      guard Date() < deadline else {
        throw Trouble(
          kind: "stuck",
          text:
            "not everything is read: learning \(status["learning"].canonical), source \(status["source"].canonical), "
            + "problems \(status["problems"].canonical), produced \(ledger.ends)")
      }
      usleep(50_000)
    }
  }

  func status() throws -> JSON { try control.ask("GET", "/v1/status").body }

  /// Resumes by command, at the earliest place where one has to be chosen.
  func resume(_ status: JSON) throws {
    let positions = (try? status["learning.positions"].elements.count) ?? 0
    let body = positions > 0 ? "{\"state\":\"running\",\"position\":\"earliest\"}" : "{\"state\":\"running\"}"
    let answer = try control.ask("POST", "/v1/learning", body)
    log.note("learning was \(status["learning"].canonical): resume \(body): \(answer.status) \(answer.body.canonical)")
  }

  /// Takes a snapshot, again for a while where it fails; returns its number.
  @discardableResult
  func snapshot(within seconds: Double = 30) throws -> Int {
    let deadline = Date().addingTimeInterval(seconds)
    while true {
      guard daemon.isRunning else { throw Trouble(kind: "ended", text: "the daemon ended by itself") }
      let answer = try control.ask("POST", "/v1/snapshots")
      if answer.status == 200 {
        try descent.read(daemon.state, incarnation: ledger.incarnation)
        return Int(try answer.body["snapshot"].number)
      }
      log.note("snapshot: \(answer.status) \(answer.body.canonical)")
      guard Date() < deadline else {
        throw Trouble(kind: "stuck", text: "no snapshot any more: \(answer.status) \(answer.body.canonical)")
      }
      usleep(300_000)
    }
  }

  /// Sends a command that may fail.
  func attempt(_ target: String, _ body: String = "") {
    do {
      let answer = try control.ask("POST", target, body)
      log.note("\(target) \(body): \(answer.status) \(answer.body.canonical)")
    } catch {
      log.note("\(target) \(body): \(error)")
    }
  }

  private var commonActions: [Action] {
    [
      Action(name: "kill", weight: 3, body: kill),
      Action(name: "killed at a call", weight: 3, body: killAtACall),
      Action(name: "failed call", weight: 8, body: failACall),
      Action(name: "byte lost on its way", weight: 1, body: loseAByte),
      Action(name: "rollback", weight: 3) { self.rollback() },
      Action(name: "pause and resume", weight: 1) {
        self.attempt("/v1/learning", "{\"state\":\"paused\"}")
        usleep(300_000)
        self.attempt("/v1/learning", "{\"state\":\"running\"}")
      },
    ]
  }

  private func kill() throws {
    let code = daemon.kill()
    guard code == -SIGKILL else { throw Trouble(kind: "ended", text: "the daemon had ended with \(code ?? 0)") }
    usleep(UInt32.random(in: 0..<300_000, using: &random))
    try start()
  }

  private func killAtACall() throws {
    let rule = "\(RollbackField.steps) \(daemon.state)/* \(Int.random(in: 1...40, using: &random)) kill"
    log.note("arm \(rule)")
    try faults.arm(rule)
    provoke()
    let deadline = Date().addingTimeInterval(1)
    while daemon.isRunning, Date() < deadline { usleep(10_000) }
    faults.disarm()
    for line in faults.report.suffix(1) { log.note("the shim: \(line)") }
    try kill()
  }

  private func failACall() throws {
    // What fails, and where there is such a call.
    let writes = ["pwrite % error ENOSPC", "pwrite % error EIO", "pwrite % short 5"]
    let syncs = ["fsync % error EIO", "fsync % lose"]
    let files = ["/journal/*", "/*lineage.log", "/*CURRENT*", "/*tmp-*", "/quarantine*", "/*"]
    var rules: [(String, String)] = []
    for file in files {
      for fault in writes { rules.append((fault, file)) }
      for fault in syncs + syncs { rules.append((fault, file)) }
    }
    rules += syncs.map { ($0, "/snapshots") } + syncs.map { ($0, "/journal") }
    rules += ["/*CURRENT*", "/*tmp-*", "/*"].map { ("rename % error EIO", $0) }
    rules += ["/*CURRENT*", "/*tmp-*", "/journal/*"].map { ("creating % error ENOSPC", $0) }
    rules += [("mkdir % error ENOSPC", "/*"), ("ftruncate % error EIO", "/*")]
    guard let (fault, place) = rules.randomElement(using: &random) else { return }
    let number = Int.random(in: 1...3, using: &random)
    try withFault(fault.replacingOccurrences(of: "%", with: "\(daemon.state)\(place) \(number)"))
  }

  private func loseAByte() throws {
    try withFault("pwrite */model.safetensors \(Int.random(in: 1...6, using: &random)) lie 1")
  }

  /// Arms a fault, gives it occasion, and disarms it when it struck.
  private func withFault(_ rule: String) throws {
    log.note("arm \(rule)")
    let before = faults.report.count
    try faults.arm(rule)
    let deadline = Date().addingTimeInterval(3)
    repeat {
      provoke()
      usleep(150_000)
    } while faults.report.count == before && Date() < deadline
    faults.disarm()
    log.note(faults.report.count > before ? "the shim: \(faults.report.last ?? "")" : "it never struck")
  }

  /// A command that writes.
  private func provoke() {
    switch Int.random(in: 0..<6, using: &random) {
    case 0, 1: attempt("/v1/snapshots")
    case 2: attempt("/v1/snapshots", "{\"full\":true}")
    case 3:
      attempt("/v1/learning", "{\"state\":\"paused\"}")
      attempt("/v1/learning", "{\"state\":\"running\"}")
    default: if Soak.wants("rollback") { rollback() }
    }
  }

  private func rollback() {
    try? descent.read(daemon.state, incarnation: ledger.incarnation)
    guard let target = descent.snapshots.keys.sorted().suffix(6).randomElement(using: &random) else { return }
    let mode = Bool.random(using: &random) ? "keep" : "rewind"
    attempt("/v1/rollback", "{\"snapshot\":\(target),\"position\":\"\(mode)\"}")
  }
}
