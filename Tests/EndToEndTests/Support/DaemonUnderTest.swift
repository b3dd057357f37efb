import Foundation
import Glibc
import TestSupport

/// A daemon in a state directory of its own, started, killed and started again by a test.
final class DaemonUnderTest {
  /// How the daemon is set up.
  struct Settings {
    /// The `source` section, without its name.
    var source: String
    /// Further `snapshots` keys, one a line.
    var snapshots = "every: null"
    /// Further top-level sections.
    var more = ""
  }

  /// The socket for operators, which answers applications' requests too.
  var control: String { folder.path("control.sock") }
  /// The socket for applications.
  var score: String { folder.path("score.sock") }
  /// The settings file.
  var settings: String { folder.path("afmd.yaml") }
  /// The state directory.
  var state: String { folder.path("state") }
  /// Everything the daemon logged, over all its lives.
  var log: String {
    (try? String(contentsOfFile: folder.path("afmd.log"), encoding: .utf8)) ?? ""
  }

  private let folder: TemporaryDirectory
  private var variables: [String: String] = [:]
  private var child: ChildProcess?

  /// Writes the settings; starts nothing yet.
  init(_ settings: Settings) throws {
    folder = try TemporaryDirectory()
    let text = """
      state_directory: \(folder.path("state"))
      source:
      \(settings.source.indented)
      \(Self.flightsSchema)
      snapshots:
      \(settings.snapshots.indented)
      sockets:
        score: {path: \(folder.path("score.sock"))}
        control: {path: \(folder.path("control.sock"))}
      log: {level: debug}
      \(settings.more)
      """
    try Data(text.utf8).write(to: folder.url.appendingPathComponent("afmd.yaml"))
  }

  /// Takes over a state directory of an older version, with the settings it was made with.
  init(continuing kept: KeptState) throws {
    folder = try TemporaryDirectory()
    try FileManager.default.copyItem(atPath: kept.state, toPath: folder.path("state"))
    try FileManager.default.copyItem(atPath: kept.settings, toPath: folder.path("afmd.yaml"))
    variables = ["FIXTURE_STATE": folder.path("state"), "FIXTURE_SOCKETS": folder.path]
  }

  /// Nine categorical fields of the flights.
  static let flightsSchema = """
    schema:
      time: {path: time}
      features:
        - {name: date, path: time, kind: time, part: date}
        - {name: day_of_week, path: time, kind: time, part: day_of_week}
        - {name: hour, path: time, kind: time, part: hour}
        - carrier
        - flight
        - tailnum
        - origin
        - dest
        - {name: distance, kind: numeric, transform: bucket_width, width: 250}
    """

  /// The `source` section for a topic.
  static func kafka(_ bootstrap: String, topic: String) -> String {
    """
    kind: kafka
    kafka:
      bootstrap: \(bootstrap)
      topic: \(topic)
    """
  }

  /// The `source` section for a file.
  static func file(_ path: String, follow: Bool = false) -> String {
    """
    kind: file
    file:
      path: \(path)
      follow: \(follow)
    """
  }

  /// What `afmd --check` prints of these settings.
  func check() throws -> String {
    try Program.output("afmd", ["--check", "--config", folder.path("afmd.yaml")])
  }

  /// Starts the daemon and waits until it is ready.
  func start(environment: [String: String] = [:], options: [String] = []) throws {
    let child = try ChildProcess(
      path: try Program.path(of: "afmd"), arguments: ["--config", folder.path("afmd.yaml")] + options,
      environment: variables.merging(environment) { $1 }, output: folder.path("afmd.log"),
      errors: folder.path("afmd.log"))
    self.child = child
    _ = try eventually("the daemon is ready") { () throws -> Bool? in
      guard child.isRunning else {
        throw Program.Failure(description: "afmd ended with \(child.wait()):\n\(self.log)")
      }
      return try Program.run("afmctl", ["--socket", control, "status", "--json"]).status == 0 ? true : nil
    }
  }

  /// The most memory that the running daemon ever had resident, in bytes.
  func peakBytes() throws -> Double {
    guard let child else { throw Program.Failure(description: "the daemon does not run") }
    let text = try String(contentsOfFile: "/proc/\(child.pid)/status", encoding: .utf8)
    let words = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?.split(whereSeparator: \.isWhitespace)
    guard let words, words.count > 1, let kilobytes = Double(words[1]) else {
      throw Program.Failure(description: "no VmHWM in \(text)")
    }
    return kilobytes * 1024
  }

  /// Ends it without warning; returns its exit code, or the negated number of the signal that ended it.
  @discardableResult
  func kill() -> Int32? {
    child?.signal(SIGKILL)
    defer { child = nil }
    return child?.wait()
  }

  /// Whether it was started and has not ended.
  var isRunning: Bool { child?.isRunning == true }

  /// Ends it as a service manager does; returns its exit code.
  @discardableResult
  func terminate() throws -> Int32 {
    guard let child else { throw Program.Failure(description: "the daemon does not run") }
    child.signal(SIGTERM)
    let status = child.wait()
    self.child = nil
    return status
  }

  /// Waits for it to end by itself; returns its exit code.
  func waitForEnd() -> Int32? {
    defer { child = nil }
    return child?.wait()
  }

  /// The output of an operator's command, which must succeed.
  @discardableResult
  func ctl(_ arguments: String..., input: String? = nil) throws -> String {
    try Program.output("afmctl", ["--socket", control] + arguments, input: input.map { Data($0.utf8) })
  }

  /// The status as JSON.
  func status() throws -> JSON {
    try JSON(ctl("status", "--json"))
  }

  /// Waits until so many events have been learned, or more; returns the number.
  @discardableResult
  func waitUntilLearned(_ count: Int) throws -> Int {
    try waitUntil("events_learned", count)
  }

  /// Waits until so many records have been learned, wait for their labels or were rejected, or more.
  func waitUntilRead(_ count: Int) throws {
    _ = try waitUntil("records.read", count)
  }

  private func waitUntil(_ figure: String, _ count: Int) throws -> Int {
    do {
      return try eventually("\(figure) is \(count)") {
        guard child?.isRunning == true else { throw Program.Failure(description: "the daemon ended:\n\(log)") }
        let reached = try Int(status()[figure].number)
        return reached >= count ? reached : nil
      }
    } catch {
      throw Program.Failure(description: "\(error)\n\((try? ctl("status", "--json")) ?? "")\n\(log.suffix(4000))")
    }
  }

  /// The bytes of the canonical export of the newest snapshot.
  func export() throws -> Data {
    let path = folder.path("export.safetensors")
    try Program.output("afmctl", ["snapshots", "export", "current", path, "--directory", state])
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  /// A score of one instance over HTTP with curl: the answer's body.
  func curl(_ path: String, body: String? = nil) throws -> JSON {
    var arguments = ["-sS", "--fail-with-body", "--unix-socket", score, "http://afmd" + path]
    if let body { arguments += ["--data-binary", body] }
    return try JSON(Program.output("curl", arguments))
  }
}

extension String {
  /// Every line two columns to the right.
  fileprivate var indented: String {
    split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(separator: "\n")
  }
}
