import BenchmarkSupport
import Foundation

/// What the whole daemon takes to learn the flights from a real Apache Kafka, one partition, and from a file.
@main
struct KafkaLearning {
  static let rounds = 5
  /// Records in the topic and lines in the file, at least; the first pass over the flights is not measured.
  static let events = 1_200_000

  static func main() {
    do {
      try run()
    } catch {
      try? FileHandle.standardError.write(contentsOf: Data("KafkaLearning: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    let flights = try Flights()
    var figures = Figures("KafkaLearning", data: flights.description)
    let copies = max(2, (events + flights.lines.count - 1) / flights.lines.count)
    let first = flights.lines.count
    let all = copies * first
    print("\(copies) times the flights, \(all) events of \(flights.bytes.count / first) bytes\n")
    let folder = DaemonProcess.temporaryFolder()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/flights.ndjson"
    try flights.write(copies: copies, to: path)

    let file = "source:\n  kind: file\n  file: {path: \(path)}"
    var fromFile: [LearningRun] = []
    for _ in 0..<rounds { fromFile.append(try LearningRun(source: file, first: first, events: all)) }
    report("file", fromFile, to: &figures, rate: 450_000, processor: nil)

    if let reason = KafkaBroker.reasonForNone {
      figures.skip("learning from Kafka", because: reason, figures: ["Kafka: "])
    } else {
      try learnFromKafka(path, first: first, events: all, figures: &figures)
    }
    try figures.finish()
  }

  private static func learnFromKafka(_ path: String, first: Int, events: Int, figures: inout Figures) throws {
    let broker = try KafkaBroker()
    defer { broker.end() }
    let topic = "flights-\(getpid())"
    if !broker.isOwn {
      print(
        "The topic \(topic) stays on \(broker.bootstrap) until you delete it; nothing is judged of a broker that is not "
          + "this program's own.\n")
    }
    try broker.produce(path, to: topic)
    let source = "source:\n  kind: kafka\n  kafka: {bootstrap: \"\(broker.bootstrap)\", topic: \(topic)}"
    var runs: [LearningRun] = []
    var client: [Command.Outcome] = []
    for _ in 0..<rounds {
      runs.append(try LearningRun(source: source, first: first, events: events, broker: broker.processes))
      client.append(
        try Command("kcat", ["-b", broker.bootstrap, "-C", "-t", topic, "-o", "beginning", "-e", "-q"]).run())
    }
    report("Kafka", runs, to: &figures, rate: broker.isOwn ? 350_000 : nil, processor: broker.isOwn ? 3 : nil)
    let alone = client.map { $0.processorSeconds / Double(events) * 1e6 }
    figures.add("Kafka: kcat alone, CPU", Numbers.median(alone), "us/event", better: .lower, scaling: .time)
  }

  /// Prints every run, and adds the medians to the figures.
  private static func report(
    _ name: String, _ runs: [LearningRun], to figures: inout Figures, rate: Double?, processor: Double?
  ) {
    let threads = Set(runs.flatMap(\.threads.keys)).filter { thread in
      Numbers.median(runs.map { $0.threads[thread] ?? 0 }) >= 0.005
    }.sorted()
    var table = Table("from \(name)", "events/s", "us of CPU an event", "with start and first pass", "others took")
    for (index, run) in runs.enumerated() {
      table.add(
        "run \(index + 1)", Numbers.text(run.rate, digits: 0), Numbers.text(run.processor, digits: 2),
        Numbers.text(run.wholeLife, digits: 2), Numbers.text(run.others * 100, digits: 0) + " %")
    }
    print("\(table.text)\n")
    figures.add(
      "\(name): events learned", Numbers.median(runs.map(\.rate)), "events/s", better: .higher, scaling: .rate,
      limit: rate)
    figures.add(
      "\(name): CPU of all threads", Numbers.median(runs.map(\.processor)), "us/event", better: .lower,
      scaling: .time, limit: processor)
    figures.add(
      "\(name): CPU with start and first pass", Numbers.median(runs.map(\.wholeLife)), "us/event", better: .lower,
      scaling: .time)
    for thread in threads {
      figures.add(
        "\(name): CPU of thread \(thread)", Numbers.median(runs.map { $0.threads[thread] ?? 0 }), "us/event",
        better: .lower, scaling: .time, tolerance: 0.3)
    }
  }
}
