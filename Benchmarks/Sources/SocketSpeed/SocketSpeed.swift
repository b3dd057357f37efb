import BenchmarkSupport
import Foundation

/// What a score costs at the socket: beside an echo on the same kind of loop with everything on one core, pipelined,
/// and while the daemon learns flat out, takes snapshots and goes back to one.
@main
struct SocketSpeed {
  static let rounds = 5
  /// Written to the file that is learned, 1 GB: more than is learned in a round.
  static let events = 4_000_000

  static func main() {
    do {
      try run()
    } catch {
      try? FileHandle.standardError.write(contentsOf: Data("SocketSpeed: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    let flights = try Flights()
    var figures = Figures("SocketSpeed", data: flights.description)
    let folder = DaemonProcess.temporaryFolder()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let copies = events / flights.lines.count + 1
    try flights.write(copies: copies, to: folder + "/flights.ndjson")
    // A tenth feature.
    let settings = FlightsSettings.text(folder: folder, flights: folder + "/flights.ndjson")
      .replacingOccurrences(of: "    - dest\n", with: "    - dest\n    - scheduled_arrival_hour\n")
    let daemon = try DaemonProcess(folder: folder, settings: settings)
    defer { daemon.end() }
    // The first pass claims the rows of the table; what follows is a daemon as it is after a while.
    try daemon.waitUntilLearned(flights.lines.count)
    try daemon.setLearning("paused")
    guard let snapshot = try daemon.ask("{\"op\":\"snapshot\"}")["snapshot"] as? Int else {
      throw BenchmarkProblem("a snapshot's answer has no number")
    }
    // Retention must not take it while others are taken without a pause.
    _ = try daemon.ask("{\"op\":\"pin\",\"snapshot\":\(snapshot)}")

    let lines = ScoreRequests(flights, count: 1000, as: .lines)
    let http = ScoreRequests(flights, count: 1000, as: .http)
    let echoes = (lines: folder + "/echo.lines", http: folder + "/echo.http")
    let lineEcho = try echo(lines, as: .lines, at: echoes.lines, of: daemon)
    defer { lineEcho.stop() }
    let httpEcho = try echo(http, as: .http, at: echoes.http, of: daemon)
    defer { httpEcho.stop() }
    let body = "{\"instances\":[\(String(decoding: flights.bytes[flights.lines[0]], as: UTF8.self))]}"
    try Data(body.utf8).write(to: URL(fileURLWithPath: folder + "/body.json"))
    print("Requests of \(lines.meanBytes) bytes as lines and \(http.meanBytes) as HTTP, ten features each.\n")

    let bench = Round.Bench(
      daemon: daemon, snapshot: snapshot, events: copies * flights.lines.count, lines: lines, http: http,
      echoes: echoes,
      h2loadBody: H2load.isInstalled ? folder + "/body.json" : nil)
    var measured: [Round] = []
    for _ in 0..<rounds { measured.append(try Round(bench)) }
    let report = Report(rounds: measured)
    report.write()
    report.add(to: &figures)
    try figures.finish()
  }

  /// An echo whose answer is one of the daemon's.
  private static func echo(_ requests: ScoreRequests, as speech: Speech, at path: String, of daemon: DaemonProcess)
    throws -> EchoServer
  {
    let socket = try WireSocket(path: daemon.folder + "/score.sock", as: speech)
    let answer = try requests.withRequests(0) { request in
      try socket.send(request)
      return Array(try socket.receive())
    }
    return try EchoServer(path: path, answer: answer, end: speech.end)
  }
}
