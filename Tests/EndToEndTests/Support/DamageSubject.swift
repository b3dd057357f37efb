import Foundation
import TestSupport

/// A state directory with everything in it that can be damaged, the topic it was learned from, and what it leads to.
///
/// It holds an order journal of four partitions with the branches of rollbacks, two chains of increments that share no
/// file, a pinned snapshot, rollbacks `keep` and `rewind`, abandoned snapshots, and records after the newest snapshot.
final class DamageSubject {
  /// What learning to the end leads to.
  struct Outcome: Equatable {
    var export: Data
    var records: [String]
  }

  /// The records learned and the sum of their checksums, for each partition.
  typealias Counts = [String]

  /// The names of all files in the state directory, in order.
  let files: [String]
  /// What the undamaged directory leads to.
  let outcome: Outcome
  /// What counts right where a lineage that looks as after a crash no longer knows of the rollback that skipped records.
  let withoutSkips: Counts
  /// The snapshot directories that a start reads.
  let chain: Set<String>

  private let state: String
  private let folder: TemporaryDirectory
  private let broker: ChildProcess
  private let bootstrap: String
  private let perPartition: Int
  private let way: [String: Int]

  /// Makes it, with the programs under test.
  init() throws {
    let folder = try TemporaryDirectory()
    self.folder = folder
    broker = try ChildProcess(
      path: Program.path(of: "afm-broker"),
      arguments: [
        "--topic", "flights", "--partitions", "4", "--bootstrap-file", folder.path("bootstrap"), "--exit-with-parent",
      ], output: "/dev/null", errors: folder.path("broker.log"))
    bootstrap = try eventually("the broker tells its address") {
      try? String(contentsOfFile: folder.path("bootstrap"), encoding: .utf8).trimmingCharacters(in: .newlines)
    }
    var maker = Maker(daemon: try DaemonUnderTest(Self.settings(bootstrap)), bootstrap: bootstrap)
    try maker.make()
    perPartition = maker.perPartition
    state = folder.path("state")
    try FileManager.default.copyItem(atPath: maker.daemon.state, toPath: state)
    files = (FileManager.default.enumerator(atPath: state)?.allObjects as? [String] ?? []).filter { name in
      var isDirectory: ObjCBool = false
      return FileManager.default.fileExists(atPath: folder.path("state/\(name)"), isDirectory: &isDirectory)
        && !isDirectory.boolValue
    }.sorted()
    let shown = try JSON(
      Program.output("afmctl", ["snapshots", "show", "current", "--directory", state, "--json"]))
    let current = try "snapshots/" + String(Self.digits(shown["id"].number, 6))
    chain = try Set(
      [current]
        + shown["files"].elements.map { file in
          let parts = try file["path"].text.split(separator: "/")
          return parts.first == ".." ? "snapshots/\(parts[1])" : current
        })
    way = try Self.way(in: state, from: shown["position.journal"])
    let fresh = try Self.learnToTheEnd(of: nil, bootstrap, perPartition)
    withoutSkips = fresh.records
    outcome = try Self.learnToTheEnd(of: state, bootstrap, perPartition)
  }

  deinit {
    broker.signal(SIGTERM)
    broker.wait()
  }

  /// The content of a file.
  func content(_ file: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(state)/\(file)"))
  }

  /// A daemon on a copy that has the damage.
  func daemon(with damage: Damage?) throws -> DaemonUnderTest {
    let daemon = try DaemonUnderTest(Self.settings(bootstrap))
    try FileManager.default.copyItem(atPath: state, toPath: daemon.state)
    if let damage {
      let file = URL(fileURLWithPath: "\(daemon.state)/\(damage.file)")
      try damage.done(to: content(damage.file)).write(to: file)
    }
    return daemon
  }

  /// Learns everything that the topic has.
  func learnToTheEnd(_ daemon: DaemonUnderTest) throws -> Outcome {
    try Self.learnToTheEnd(daemon, perPartition)
  }

  /// Whether a start reads what is damaged, so that it has to say so.
  func isRead(_ damage: Damage) throws -> Bool {
    let folder = damage.file.split(separator: "/").dropLast().joined(separator: "/")
    switch folder {
    case "journal":
      guard let end = way[damage.file] else { return false }
      return try damage.start(in: content(damage.file)) < end || end == content(damage.file).count
    case "snapshots": return damage.file == "snapshots/CURRENT" || damage.file == "snapshots/lineage.log"
    default:
      // Of the snapshots that the current one builds on, their files, but not their manifests.
      let isCurrent = folder == chain.max()
      return chain.contains(folder)
        && (damage.file.hasSuffix("model.safetensors") || isCurrent && damage.file.hasSuffix("manifest.json"))
    }
  }

  /// The journal's segments that lead from a mark to its end, and the byte up to which each is needed.
  private static func way(in state: String, from mark: JSON) throws -> [String: Int] {
    let names = try FileManager.default.contentsOfDirectory(atPath: state + "/journal").sorted()
    guard var name = names.last else { return [:] }
    var way: [String: Int] = [:]
    var wanted: UInt64?
    while true {
      let content = try Data(contentsOf: URL(fileURLWithPath: "\(state)/journal/\(name)"))
      let log = LogBytes(content)
      way["journal/\(name)"] = wanted.map { log.end(ofRecords: $0) } ?? content.count
      if try name == digits(mark["segment"].number, 10) + ".log" { return way }
      wanted = log.previous.records
      name = digits(Double(log.previous.segment), 10) + ".log"
    }
  }

  private static func digits(_ number: Double, _ width: Int) -> String {
    let digits = String(Int(number))
    return String(repeating: "0", count: width - digits.count) + digits
  }

  private static func settings(_ bootstrap: String) -> DaemonUnderTest.Settings {
    .init(
      source: DaemonUnderTest.kafka(bootstrap, topic: "flights"),
      snapshots: "every: null\nkeep: 20\nfull_after_share: 10\nfull_after_count: 6",
      more: "learning: {embedding_size: 4, attention_size: 4, table: {slots: 128}}")
  }

  private static func learnToTheEnd(of state: String?, _ bootstrap: String, _ count: Int) throws -> Outcome {
    let daemon = try DaemonUnderTest(settings(bootstrap))
    if let state { try FileManager.default.copyItem(atPath: state, toPath: daemon.state) }
    try daemon.start()
    return try learnToTheEnd(daemon, count)
  }

  /// Waits until every partition is read to its end, telling learning to go on where it waits for a word; ends it.
  private static func learnToTheEnd(_ daemon: DaemonUnderTest, _ count: Int) throws -> Outcome {
    let socket = ControlSocket(path: daemon.control)
    var words = 0
    _ = try eventually("all partitions are read to their ends", within: 60) { () throws -> Bool? in
      let status = try socket.ask("GET", "/v1/status").body
      if try status["learning.state"].text != "running" {
        words += 1
        guard words < 5 else { throw Program.Failure(description: "learning stops again and again") }
        if (try? daemon.ctl("resume")) == nil { try daemon.ctl("resume", "--position", "earliest") }
        return nil
      }
      let offsets = try status["source.partitions"].elements.map { try $0["next_offset"].number }
      return offsets.count == 4 && offsets.allSatisfy { $0 >= Double(count) } ? true : nil
    }
    let code = try daemon.terminate()
    guard code == 0 else { throw Program.Failure(description: "afmd ended with \(code)") }
    let shown = try JSON(
      Program.output("afmctl", ["snapshots", "show", "current", "--directory", daemon.state, "--json"]))
    let records = try shown["position.partitions"].elements.map {
      "\($0["next_offset"].canonical) \($0["records_learned"].canonical) \($0["checksum_sum"].canonical)"
    }
    return Outcome(export: try daemon.export(), records: records)
  }
}

/// Leads a daemon through what the directory is to hold.
private struct Maker {
  let daemon: DaemonUnderTest
  let bootstrap: String
  private(set) var perPartition = 0
  private var generator = SeededGenerator(seed: 12)

  init(daemon: DaemonUnderTest, bootstrap: String) {
    self.daemon = daemon
    self.bootstrap = bootstrap
  }

  mutating func make() throws {
    try daemon.start()
    try learn(10)
    try snapshot("--full")
    try learn(6)
    try daemon.ctl("snapshots", "pin", snapshot())
    try learn(6)
    try snapshot("--full")
    try learn(6)
    let kept = try snapshot()
    try learn(5)
    try snapshot()
    try daemon.ctl("rollback", kept, "--position", "keep")
    try learn(5)
    let rewound = try snapshot()
    let read = try daemon.status()["records.read"].number
    try learn(4)
    try daemon.ctl("rollback", rewound, "--position", "rewind")
    try daemon.waitUntilRead(Int(read) + 16)
    try snapshot()
    try learn(8)
    daemon.kill()
  }

  @discardableResult
  private func snapshot(_ options: String...) throws -> String {
    try Program.output("afmctl", ["--socket", daemon.control, "snapshot"] + options)
      .trimmingCharacters(in: .newlines)
  }

  /// So many flights to each partition, all learned or rejected.
  private mutating func learn(_ count: Int) throws {
    let read = try Int(daemon.status()["records.read"].number)
    let folder = try TemporaryDirectory()
    for partition in 0..<4 {
      let lines = (0..<count).map { _ in flight() }.joined(separator: "\n") + "\n"
      let path = folder.path("\(partition)")
      try Data(lines.utf8).write(to: URL(fileURLWithPath: path))
      try Program.output(
        "kcat", ["-b", bootstrap, "-P", "-t", "flights", "-p", "\(partition)", "-l", path])
    }
    perPartition += count
    try daemon.waitUntilRead(read + 4 * count)
  }

  private mutating func flight() -> String {
    func draw(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }
    if draw(40) == 0 { return "{\"time\": no flight" }
    return """
      {"label":\(draw(2)),"time":"2013-01-0\(1 + draw(9))T\(10 + draw(10)):00:00Z","carrier":"C\(draw(5))",\
      "flight":\(draw(12)),"tailnum":"N\(draw(20))","origin":"O\(draw(3))","dest":"D\(draw(15))",\
      "distance":\(100 + draw(1000))}
      """
  }
}
