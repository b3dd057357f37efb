import BenchmarkSupport
import Foundation

/// Latency of single scores over one connection of the line protocol, beside a daemon that learns flat out and beside
/// an idle one, with an echo on the same kind of loop next to each.
@main
struct ScoreLatency {
  static let scoresPerCase = 50_000
  static let rounds = 5
  /// Written to the file that is learned, 1.5 GB; enough for all rounds at 450,000 events a second.
  static let events = 6_000_000

  static func main() {
    do {
      try run()
    } catch {
      try? FileHandle.standardError.write(contentsOf: Data("ScoreLatency: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    let flights = try Flights()
    let copies = events / flights.lines.count + 1
    let requests = ScoreRequests(flights, count: 1000)
    print("Machine: \(Machine.description); load before: \(Machine.load)")
    print("Data: \(flights.source), \(flights.lines.count) of \(flights.bytes.count / flights.lines.count) bytes")

    let folder = DaemonProcess.temporaryFolder()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try flights.write(copies: copies, to: folder + "/flights.ndjson")
    let settings = FlightsSettings.text(folder: folder, flights: folder + "/flights.ndjson")
    let daemon = try DaemonProcess(folder: folder, settings: settings)
    defer { daemon.end() }
    // The first pass claims the rows of the table; what follows is a daemon as it is after a while.
    while try daemon.eventsLearned() < flights.lines.count { usleep(100_000) }
    try daemon.setLearning("paused")

    let scores = try daemon.connect()
    let answer = try requests.withRequest(0) { Array(try scores.exchange($0)) }
    let server = try EchoServer(path: daemon.folder + "/echo.sock", answer: answer)
    defer { server.stop() }
    let echo = try LineSocket(path: daemon.folder + "/echo.sock")
    print("Requests of \(requests.meanBytes) bytes, answers of \(answer.count); \(scoresPerCase) a case and round")

    let bench = Round.Bench(daemon: daemon, scores: scores, echo: echo, requests: requests, count: scoresPerCase)
    var measured: [Round] = []
    for _ in 0..<rounds { measured.append(try Round(bench)) }
    guard try daemon.eventsLearned() < copies * flights.lines.count else {
      throw BenchmarkProblem("the flights ran out before the last round: raise ScoreLatency.events")
    }
    Report(rounds: measured).write()
    print("Load after: \(Machine.load)")
  }
}
