import Foundation
import TestSupport

/// A real Apache Kafka on a free port of the loopback interface, destroyed when the test lets go of it.
final class KafkaBroker {
  let bootstrap: String
  private let script: String
  private let folder: TemporaryDirectory

  /// Starts a broker of one node of the given generation, with properties of its own such as `a.b=c`; its cluster has an
  /// id of its own unless one is given.
  init(generation: String = "4.3", cluster: String? = nil, properties: [String] = []) throws {
    guard let shared = Environment.shared else {
      throw Program.Failure(description: "AFM_SHARED names no folder, so there is no Apache Kafka to test with")
    }
    script = shared.appendingPathComponent("kafka/broker").path
    folder = try TemporaryDirectory()
    var failure: any Error = Program.Failure(description: "no port was free")
    for _ in 0..<5 {
      if let cluster {
        try FileManager.default.createDirectory(atPath: folder.path("kafka"), withIntermediateDirectories: true)
        try Data("\(cluster)\n".utf8).write(to: URL(fileURLWithPath: folder.path("kafka/cluster")))
      }
      let port = Int.random(in: 20_000..<28_000)
      do {
        try Program.output(
          script,
          ["start", folder.path("kafka"), "--port", String(port), "--kafka", generation]
            + properties.flatMap { ["--set", $0] })
        bootstrap = "127.0.0.1:\(port)"
        return
      } catch {
        failure = error
        _ = try? Program.run(script, ["destroy", folder.path("kafka")])
      }
    }
    throw failure
  }

  deinit {
    _ = try? Program.run(script, ["destroy", folder.path("kafka")])
  }

  /// Makes a topic.
  func createTopic(_ name: String, partitions: Int = 1) throws {
    try tool("topics", ["--create", "--topic", name, "--partitions", String(partitions)])
  }

  /// Stops the one node as a frozen machine does (SIGSTOP), for `seconds`.
  func freeze(seconds: Double) throws {
    try Program.output(script, ["pause", folder.path("kafka"), "1"])
    usleep(UInt32(seconds * 1_000_000))
    try Program.output(script, ["continue", folder.path("kafka"), "1"])
  }

  /// Kills the one node and starts it again on its data after `seconds`.
  func restart(seconds: Double) throws {
    try Program.output(script, ["kill", folder.path("kafka"), "1"])
    usleep(UInt32(seconds * 1_000_000))
    try Program.output(script, ["revive", folder.path("kafka"), "1"])
  }

  /// Runs one of Kafka's own tools against this broker.
  @discardableResult
  func tool(_ name: String, _ arguments: [String]) throws -> String {
    try Program.output(script, ["tool", name, "--bootstrap-server", bootstrap] + arguments)
  }

  /// Produces every line of a file as one record, with kcat.
  func produce(_ file: String, to topic: String, partition: Int? = nil) throws {
    var arguments = ["-b", bootstrap, "-P", "-t", topic, "-l", file]
    if let partition { arguments += ["-p", String(partition)] }
    try Program.output("kcat", arguments)
  }
}
