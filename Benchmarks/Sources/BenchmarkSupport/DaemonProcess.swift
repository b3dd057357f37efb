import Foundation

/// The release build of afmd at work in a temporary folder, to be measured from outside.
public final class DaemonProcess {
  /// Holds its settings, state, sockets and log; deleted at the end.
  public let folder: String
  private let process = Process()
  private var control: LineSocket?
  private var ended = false

  /// Starts it and waits until its control socket answers.
  ///
  /// - Parameters:
  ///   - folder: where it keeps everything, made if need be; see `temporaryFolder`.
  ///   - settings: the text of its settings file, whose `sockets` lie in the folder as `FlightsSettings` has them.
  ///   - environment: variables beside this program's own.
  public init(folder: String = DaemonProcess.temporaryFolder(), settings: String, environment: [String: String] = [:])
    throws
  {
    self.folder = folder
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(settings.utf8).write(to: URL(fileURLWithPath: folder + "/afmd.yaml"))
    try Data().write(to: URL(fileURLWithPath: folder + "/log"))
    process.executableURL = URL(fileURLWithPath: try Self.program("afmd"))
    process.arguments = ["--config", folder + "/afmd.yaml"]
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/log"))
    try process.run()
    while control == nil {
      guard process.isRunning else { throw BenchmarkProblem("afmd ended:\n\(log)") }
      usleep(5_000)
      control = try? LineSocket(path: folder + "/control.sock")
    }
  }

  /// The path of a folder of this process that does not exist yet.
  public static func temporaryFolder() -> String {
    let name = "afm-bench-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    return FileManager.default.temporaryDirectory.appendingPathComponent(name).path
  }

  /// The path of one of the release builds that `AFM_PROGRAMS` holds.
  public static func program(_ name: String) throws -> String {
    guard let programs = ProcessInfo.processInfo.environment["AFM_PROGRAMS"], !programs.isEmpty else {
      throw BenchmarkProblem("AFM_PROGRAMS names no folder with a release build of \(name); `make bench` sets it")
    }
    return programs + "/" + name
  }

  /// Its process.
  public var id: Int32 { process.processIdentifier }

  /// What it logged so far.
  public var log: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }

  /// A new connection to the socket for applications.
  public func connect() throws -> LineSocket {
    try LineSocket(path: folder + "/score.sock")
  }

  /// How many events it has learned: from a score, since the status may be 50 ms old.
  public func eventsLearned() throws -> Int {
    let answer = try ask("{\"op\":\"score\",\"instances\":[{\"carrier\":\"UA\"}]}")
    guard let model = answer["model"] as? [String: Any], let learned = model["events_learned"] as? Int else {
      throw BenchmarkProblem("a score's answer has no events_learned: \(answer)")
    }
    return learned
  }

  /// Waits until it has learned so many events.
  ///
  /// - Parameter pause: microseconds between two questions.
  public func waitUntilLearned(_ count: Int, pause: UInt32 = 5_000) throws {
    while try eventsLearned() < count {
      guard process.isRunning else { throw BenchmarkProblem("afmd ended:\n\(log)") }
      usleep(pause)
    }
  }

  /// Pauses learning, or resumes it; done when this returns.
  public func setLearning(_ state: String) throws {
    _ = try ask("{\"op\":\"learning\",\"state\":\"\(state)\"}")
  }

  /// Sends a line to the control socket and gives the answer.
  public func ask(_ line: String) throws -> [String: Any] {
    guard let control else { throw BenchmarkProblem("the daemon's control socket is not connected") }
    let text = try control.exchange(line)
    let answer = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    guard let answer, answer["error"] == nil else { throw BenchmarkProblem("\(line) was answered \(text)") }
    return answer
  }

  /// Kills it and deletes everything in its folder.
  public func end() {
    if ended { return }
    ended = true
    // One that never ran has the id 0, which would kill this program's whole process group, and one that ended may have
    // given its id to a stranger.
    if process.isRunning {
      kill(id, SIGKILL)
      process.waitUntilExit()
    }
    try? FileManager.default.removeItem(atPath: folder)
  }

  deinit { end() }
}
