import Foundation

/// A real Apache Kafka: the one that `KAFKA_BOOTSTRAP` names, else one of its own from the folder `AFM_SHARED`.
public final class KafkaBroker {
  /// Where it listens.
  public let bootstrap: String
  private let script: String?
  private let folder: String

  /// Why there is none, in words for the user; nil where there is one.
  public static var reasonForNone: String? {
    guard Command.exists("kcat") else { return "kcat is missing (apt-get install kcat)" }
    if variable("KAFKA_BOOTSTRAP") != nil { return nil }
    guard sharedScript != nil else {
      return "no Apache Kafka: set KAFKA_BOOTSTRAP to the brokers of one, or AFM_SHARED to a folder with kafka/broker"
    }
    return Command.exists("java") ? nil : "a Java runtime is missing (apt-get install default-jre-headless)"
  }

  /// Finds the user's, or starts one.
  public init() throws {
    folder = DaemonProcess.temporaryFolder()
    if let bootstrap = Self.variable("KAFKA_BOOTSTRAP") {
      self.bootstrap = bootstrap
      script = nil
      return
    }
    guard let script = Self.sharedScript else { throw BenchmarkProblem(Self.reasonForNone ?? "no Apache Kafka") }
    self.script = script
    var started: String?
    // A port may be taken by somebody else.
    for _ in 0..<5 where started == nil {
      let port = UInt16.random(in: 20_000...29_000)
      started = try? Command(script, ["start", folder, "--port", "\(port)"]).succeed()
    }
    guard let started else { throw BenchmarkProblem("\(script) start \(folder) failed; run it to see why") }
    bootstrap = started
  }

  /// Whether it is started for the measurement, rather than the user's, which may be anything anywhere.
  public var isOwn: Bool { script != nil }

  /// Its own processes; none where it is the user's.
  public var processes: [Int32] {
    let id = try? String(contentsOfFile: folder + "/node1.pid", encoding: .utf8)
    return id.flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }.map { [$0] } ?? []
  }

  /// Writes all lines of a file to a topic, one record a line; the topic is made by the first record.
  public func produce(_ path: String, to topic: String) throws {
    if let script {
      try Command(
        script, ["tool", "topics", "--bootstrap-server", bootstrap, "--create", "--topic", topic, "--partitions", "1"]
      ).succeed()
    }
    try Command("kcat", ["-b", bootstrap, "-P", "-t", topic, "-p", "0", "-l", path]).succeed()
  }

  /// Stops and deletes it, unless it is the user's, on which the topics stay.
  public func end() {
    if let script { _ = try? Command(script, ["destroy", folder]).run() }
  }

  private static var sharedScript: String? {
    guard let shared = variable("AFM_SHARED") else { return nil }
    let path = shared + "/kafka/broker"
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }

  private static func variable(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}
