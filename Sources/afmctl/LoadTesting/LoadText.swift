import LoadGeneration

/// The result of `afmctl bench` for people.
enum LoadText {
  /// A few lines: what was sent, how long it took, what went wrong.
  static func of(_ answer: LoadAnswer) -> String {
    let report = answer.result
    var table = TextTable()
    table.append("load", load(answer))
    table.append("requests", requests(answer))
    table.append("latency", latency(report))
    if report.mode == .openLoop { table.append("late", late(report.generator)) }
    for error in report.errors {
      let detail = error.detail.map { $0.isEmpty ? "" : "; the first: \($0)" } ?? ""
      table.append("errors", "\(HumanText.count(error.count)) \(error.kind)\(detail)")
    }
    if report.errors.isEmpty { table.append("errors", "none") }
    table.append("generator", "\(HumanText.share(report.generator.processorShare)) of one core")
    table.append("unknown", "\(HumanText.decimals(answer.unknownPerInstance, 1)) features of an instance, left out")
    if let bottleneck = report.generator.bottleneck { table.append("BOTTLENECK", bottleneck) }
    return table.text
  }

  private static func load(_ answer: LoadAnswer) -> String {
    let connections = HumanText.counted(answer.connections, "connection")
    let instances = HumanText.counted(answer.instancesPerRequest, "instance")
    let way: String
    if let rate = answer.result.rate {
      way = "open loop, \(HumanText.decimals(rate, 0)) requests/s (\(answer.spacing ?? ""))"
    } else {
      way = "closed loop, \(answer.pipeline ?? 1) requests under way on each connection"
    }
    let seconds = HumanText.decimals(answer.result.seconds, 1)
    return "\(way), \(connections), \(answer.spoken), \(instances) a request, \(seconds) s"
  }

  private static func requests(_ answer: LoadAnswer) -> String {
    let report = answer.result
    return "\(HumanText.count(report.requests)) sent, \(HumanText.decimals(report.achievedRate, 0)) scored a second; "
      + "\(HumanText.decimals(report.scoresPerSecond, 0)) scores/s"
  }

  private static func latency(_ report: LoadReport) -> String {
    let latency = report.latency
    let meaning = report.mode == .openLoop ? "from when a request was due" : "from sending, not what callers feel"
    return "p50 \(time(latency.p50)), p90 \(time(latency.p90)), p99 \(time(latency.p99)), "
      + "p99.9 \(time(latency.p999)), max \(time(latency.max)) (\(meaning))"
  }

  private static func late(_ generator: LoadReport.Generator) -> String {
    "\(HumanText.counted(generator.late, "request")) sent 0.1 ms or more too late; "
      + "p99 of lateness \(time(generator.latenessP99)), max \(time(generator.latenessMax))"
  }

  /// `85 us`, `1.25 ms`, `2.03 s`.
  static func time(_ seconds: Double?) -> String {
    guard let seconds else { return "-" }
    if seconds < 1e-3 { return HumanText.decimals(seconds * 1e6, seconds < 1e-5 ? 1 : 0) + " us" }
    if seconds < 1 { return HumanText.decimals(seconds * 1e3, 2) + " ms" }
    return HumanText.decimals(seconds, 2) + " s"
  }
}
