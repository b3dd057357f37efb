import CommandTable
import Foundation
import ScoringAPI

/// What a command works with: its arguments, the daemon, and the output.
final class Session {
  /// What was given on the command line.
  let arguments: Arguments
  /// Where answers go.
  let output: StandardOutput
  /// The daemon, spoken to when a command first asks something.
  let daemon: DaemonConnection

  /// - Throws: exit code 64 where options exclude each other.
  init(_ arguments: Arguments, _ output: StandardOutput) throws(Failure) {
    if arguments.flag("json"), arguments.value("get") != nil {
      throw Failure(.usage, "--json prints the whole answer and --get one value of it: give one of them")
    }
    self.arguments = arguments
    self.output = output
    let environment = ProcessInfo.processInfo.environment[Afmctl.socketVariable].flatMap { $0.isEmpty ? nil : $0 }
    daemon = DaemonConnection(socket: arguments.value("socket") ?? environment ?? Afmctl.defaultSocket)
  }

  /// Whether people read the output: neither --json nor --get was given.
  var isForPeople: Bool { !arguments.flag("json") && arguments.value("get") == nil }

  /// Shows an answer as it was asked for: its JSON, one value of it, or text for people.
  func show(_ answer: [UInt8], _ text: () throws(Failure) -> String) throws(Failure) {
    if arguments.flag("json") {
      try output.line(answer)
    } else if let path = arguments.value("get") {
      try output.line(try AnswerJSON.pick(path, from: answer))
    } else {
      try output.write(try text())
    }
  }

  /// An operand that the command table has made sure of.
  func operand(_ name: String) throws(Failure) -> String {
    guard let value = arguments.positional(name) else { throw Failure(.usage, "\(name) is missing") }
    return value
  }

  /// An operand that is the number of a snapshot.
  func snapshot(_ name: String = "ID") throws(Failure) -> UInt64 {
    let text = try operand(name)
    guard let id = UInt64(text) else {
      throw Failure(.usage, "'\(text)' is not the number of a snapshot; see 'afmctl snapshots list'")
    }
    return id
  }

  /// Reads an answer of the daemon's.
  func decode<Value: Decodable>(_ type: Value.Type, _ answer: [UInt8]) throws(Failure) -> Value {
    do {
      return try OperatorJSON.decode(type, from: answer)
    } catch {
      throw Failure(
        .internalError,
        "the daemon's answer is not what this version of afmctl knows (\(error.detail)"
          + (error.field.map { ", field \($0)" } ?? "") + "); use --json to see it")
    }
  }

  /// The JSON of a request.
  func encode(_ value: some Encodable) throws(Failure) -> [UInt8] {
    do {
      return try OperatorJSON.encode(value)
    } catch {
      throw Failure(error)
    }
  }
}
