import BenchmarkSupport
import Foundation

/// The release build of afmd, learning a file in a temporary folder.
final class MeasuredDaemon {
  let folder: String
  private let process = Process()
  private var control: LineSocket?

  /// Starts it and waits until it answers.
  ///
  /// - Parameter copies: how often the flights stand in the file it learns.
  init(_ flights: Flights, copies: Int) throws {
    guard let programs = ProcessInfo.processInfo.environment["AFM_PROGRAMS"] else {
      throw BenchmarkProblem("AFM_PROGRAMS names no folder with a release build of afmd; `make bench` sets it")
    }
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("afm-bench-\(getpid())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try flights.write(copies: copies, to: folder + "/flights.ndjson")
    let settings = FlightsSettings.text(folder: folder, flights: folder + "/flights.ndjson")
    try Data(settings.utf8).write(to: URL(fileURLWithPath: folder + "/afmd.yaml"))
    try Data().write(to: URL(fileURLWithPath: folder + "/log"))
    process.executableURL = URL(fileURLWithPath: programs + "/afmd")
    process.arguments = ["--config", folder + "/afmd.yaml"]
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/log"))
    try process.run()
    while control == nil {
      guard process.isRunning else {
        let log = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
        throw BenchmarkProblem("afmd ended:\n\(log)")
      }
      usleep(20_000)
      control = try? LineSocket(path: folder + "/control.sock")
    }
  }

  /// Its process.
  var id: Int32 { process.processIdentifier }

  /// A new connection to the socket for applications.
  func connect() throws -> LineSocket {
    try LineSocket(path: folder + "/score.sock")
  }

  /// How many events it has learned: from a score, since the status may be a tenth of a second old.
  func eventsLearned() throws -> Int {
    let answer = try ask("{\"op\":\"score\",\"instances\":[{\"carrier\":\"UA\"}]}")
    guard let model = answer["model"] as? [String: Any], let learned = model["events_learned"] as? Int else {
      throw BenchmarkProblem("a score's answer has no events_learned: \(answer)")
    }
    return learned
  }

  /// Pauses learning, or resumes it; done when this returns.
  func setLearning(_ state: String) throws {
    _ = try ask("{\"op\":\"learning\",\"state\":\"\(state)\"}")
  }

  /// Ends it and deletes everything it wrote.
  func end() {
    kill(id, SIGKILL)
    process.waitUntilExit()
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func ask(_ line: String) throws -> [String: Any] {
    guard let control else { throw BenchmarkProblem("the daemon's control socket is not connected") }
    let text = try control.exchange(line)
    let answer = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    guard let answer, answer["error"] == nil else { throw BenchmarkProblem("\(line) was answered \(text)") }
    return answer
  }
}
