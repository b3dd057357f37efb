import DurableFiles
import Foundation
import TestSupport
import Testing

/// A real Apache Kafka of one node on a free loopback port, from the shared folder; destroyed with this object.
final class RealKafka: Sendable {
  let bootstrapServers: String
  private let script: String
  private let directory: TemporaryDirectory

  init(version: String = "4.3") throws {
    let shared = try #require(Environment.shared, "needs AFM_SHARED")
    script = shared.appendingPathComponent("kafka/broker").path
    directory = try TemporaryDirectory()
    let port = try Self.freePort()
    bootstrapServers = try Self.run(
      script, ["start", directory.path("kafka"), "--port", "\(port)", "--kafka", version])
  }

  deinit {
    _ = try? Self.run(script, ["destroy", directory.path("kafka")])
  }

  /// Runs one of Kafka's own tools and gives what it printed.
  @discardableResult
  func tool(_ name: String, _ arguments: [String]) throws -> String {
    try Self.run(script, ["tool", name, "--bootstrap-server", bootstrapServers] + arguments)
  }

  /// Writes a file that a tool reads.
  func file(_ text: String) throws -> String {
    let path = directory.path("file-\(UInt32.random(in: 0...UInt32.max))")
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  private static func run(_ script: String, _ arguments: [String]) throws -> String {
    let directory = try TemporaryDirectory()
    let output = directory.path("output")
    let process = try ChildProcess(path: script, arguments: arguments, output: output, errors: "/dev/null")
    let status = process.wait()
    // Foundation leaks a buffer where a file is empty.
    let bytes = try OpenFile.contents(of: output, limit: 1 << 24)
    let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    try #require(status == 0, "broker \(arguments.joined(separator: " ")): \(text)")
    return text
  }

  /// A port that is free now, with the one 1000 above it, which the node's controller takes.
  private static func freePort() throws -> UInt16 {
    for _ in 0..<100 {
      let port = UInt16.random(in: 20_000...31_000)
      if isFree(port) && isFree(port + 1000) { return port }
    }
    throw CancellationError()
  }

  private static func isFree(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 }
    }
  }
}
