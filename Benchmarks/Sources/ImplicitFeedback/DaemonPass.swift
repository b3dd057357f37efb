import BenchmarkSupport
import Foundation

/// One pass of a daemon over training positives, with negatives that it draws itself; then test positives are ranked
/// through its socket.
struct DaemonPass {
  let positives: Positives
  let settings: [Setting]
  let crosses: [[String]]

  func run(seed: UInt64) throws -> Outcome {
    let folder = DaemonProcess.temporaryFolder()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let lines = positives.training.map { $0.line + "\n" }.joined()
    try Data(lines.utf8).write(to: URL(fileURLWithPath: folder + "/positives.libfm"))
    let daemon = try DaemonProcess(folder: folder, settings: text(folder, seed))
    defer { daemon.end() }
    var status: [String: Any] = [:]
    repeat {
      usleep(50_000)
      status = try daemon.ask("{\"op\":\"status\"}")
    } while try number("records.read", in: status) < Double(positives.training.count)
    return Outcome(
      progressive: (
        try number("progressive.whole_run.ranking.hit_rate", in: status),
        try number("progressive.whole_run.ranking.ndcg", in: status)
      ), test: try rankTest(daemon))
  }

  private func rankTest(_ daemon: DaemonProcess) throws -> (hitRate: Double, ndcg: Double) {
    var share = RankedShare()
    for (event, rivals) in zip(positives.test, positives.rivals) {
      let candidates = ([event.item] + rivals).map { item in
        "{\"item\":\(item),\"cost\":\(item == event.item ? event[6] : positives.costs[item] ?? 0)}"
      }
      let context = Positives.fields.indices.filter { $0 != 1 && $0 != 6 }.map { field in
        "\"\(Positives.fields[field])\":\(event[field])"
      }
      let answer = try daemon.ask(
        "{\"op\":\"rank\",\"context\":{\(context.joined(separator: ","))},\"candidates\":["
          + candidates.joined(separator: ",") + "]}")
      guard let ranked = answer["candidates"] as? [[String: Any]], ranked.count == candidates.count,
        let own = ranked.first(where: { $0["position"] as? Int == 0 })?["raw"] as? Double
      else { throw BenchmarkProblem("no ranking: \(answer)") }
      share.add(ahead: ranked.count { ($0["position"] as? Int) != 0 && ($0["raw"] as? Double ?? 0) >= own })
    }
    return (share.hitRate, share.ndcg)
  }

  private func number(_ path: String, in status: [String: Any]) throws -> Double {
    var value: Any? = status
    for step in path.split(separator: ".") { value = (value as? [String: Any])?[String(step)] }
    guard let number = value as? NSNumber else { throw BenchmarkProblem("the status has no number \(path)") }
    return number.doubleValue
  }

  private func text(_ folder: String, _ seed: UInt64) -> String {
    let sampling = [
      Setting(key: "negative_sampling.field", value: "item"), Setting(key: "negative_sampling.with", value: "[cost]"),
      Setting(key: "negative_sampling.user", value: "user"), Setting(key: "table.slots", value: "524288"),
      Setting(key: "seed", value: String(seed)),
    ]
    return """
      state_directory: \(folder)/state
      source: {kind: file, format: libfm, file: {path: \(folder)/positives.libfm}}
      schema: \(Positives.schema(crosses))
      learning: \(Setting.mapping(sampling + settings))
      progressive_validation: {ranking_candidates: \(Positives.candidates), ranking_every: 1}
      snapshots: {every: null}
      threads: {learner_nice: 0, ingest_nice: 0}
      sockets:
        score: {path: \(folder)/score.sock}
        control: {path: \(folder)/control.sock}
      """
  }
}
