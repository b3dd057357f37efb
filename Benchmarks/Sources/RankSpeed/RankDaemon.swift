import BenchmarkSupport
import Foundation

/// A daemon that has learned every feature of a shape and rests, with requests for it.
final class RankDaemon {
  let shape: Shape
  /// `/v1/rank` with all candidates answered, with the best ten, and `/v1/score` of the same instances; by request.
  let rankings: [[UInt8]]
  let bestTen: [[UInt8]]
  let scorings: [[UInt8]]
  private let daemon: DaemonProcess

  private static let requests = 16

  init(_ shape: Shape) throws {
    self.shape = shape
    let folder = DaemonProcess.temporaryFolder()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(shape.events.utf8).write(to: URL(fileURLWithPath: folder + "/events.ndjson"))
    daemon = try DaemonProcess(
      folder: folder,
      settings: """
        state_directory: \(folder)/state
        source:
          kind: file
          file: {path: \(folder)/events.ndjson}
        schema:
          features: [\(shape.fields.joined(separator: ", "))]
        learning: {kind: afm}
        snapshots: {every: null}
        sockets:
          score: {path: \(folder)/score.sock}
          control: {path: \(folder)/control.sock}
        """)
    func candidate(_ request: Int, _ place: Int) -> String {
      shape.candidateMembers(request * 977 + place * 7)
    }
    let places = 0..<Shape.candidates
    func ranking(_ request: Int, _ more: String) -> [UInt8] {
      let candidates = places.map { "{\(candidate(request, $0))}" }.joined(separator: ",")
      return Array(
        "{\"op\":\"rank\",\"context\":{\(shape.contextMembers(request))},\"candidates\":[\(candidates)]\(more)}\n".utf8)
    }
    rankings = (0..<Self.requests).map { ranking($0, "") }
    bestTen = (0..<Self.requests).map { ranking($0, ",\"top\":10") }
    scorings = (0..<Self.requests).map { request in
      let context = shape.contextMembers(request)
      let instances = places.map { "{\(context),\(candidate(request, $0))}" }.joined(separator: ",")
      return Array("{\"op\":\"score\",\"instances\":[\(instances)]}\n".utf8)
    }
    try daemon.waitUntilLearned(Shape.items)
    try check()
  }

  /// Where applications ask.
  var socket: String { daemon.folder + "/score.sock" }

  /// A request to score one instance.
  var single: [UInt8] {
    Array("{\"op\":\"score\",\"instances\":[{\(shape.contextMembers(1)),\(shape.candidateMembers(2))}]}\n".utf8)
  }

  func connect() throws -> LineSocket { try daemon.connect() }

  func end() { daemon.end() }

  /// Processor time in seconds of the event loop.
  var loopSeconds: Double {
    Machine.threadSeconds(of: daemon.id).reduce(0) { $1.key.hasPrefix("afm-serve") ? $0 + $1.value : $0 }
  }

  /// Makes sure that both ways give the same scores, of known features alone.
  private func check() throws {
    let connection = try connect()
    func answer(_ request: [UInt8], _ name: String) throws -> [[String: Any]] {
      let bytes = try request.withUnsafeBytes { Data(try connection.exchange($0)) }
      let object = try JSONSerialization.jsonObject(with: bytes) as? [String: Any]
      guard let elements = object?[name] as? [[String: Any]] else {
        throw BenchmarkProblem("an answer without \(name): \(String(decoding: bytes.prefix(300), as: UTF8.self))")
      }
      return elements
    }
    for (ranking, scoring) in zip(rankings, scorings) {
      let scored = try answer(scoring, "predictions")
      for ranked in try answer(ranking, "candidates") {
        guard let position = ranked["position"] as? Int, let raw = ranked["raw"] as? Double,
          let expected = scored[position]["raw"] as? Double, abs(raw - expected) < 1e-5,
          scored[position]["unknown"] as? Int == 0
        else { throw BenchmarkProblem("a candidate's score is not that of its instance: \(ranked)") }
      }
    }
  }
}
