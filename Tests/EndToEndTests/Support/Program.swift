import Foundation
import TestSupport

/// A program run to its end.
struct Program {
  /// What a finished program left behind.
  struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  /// A run that ended otherwise than the test needs.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Where `name` is: a release build of ours, or a program of the system's.
  static func path(of name: String) throws -> String {
    if name.hasPrefix("/") { return name }
    if let own = Environment.programs?.appendingPathComponent(name).path,
      FileManager.default.isExecutableFile(atPath: own)
    {
      return own
    }
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    for folder in folders {
      let candidate = "\(folder)/\(name)"
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
    }
    throw Failure(description: "no program \(name) in AFM_PROGRAMS or PATH")
  }

  /// Runs a program to its end and returns what it printed, whatever its status.
  @discardableResult
  static func run(_ name: String, _ arguments: [String], environment: [String: String] = [:], input: Data? = nil)
    throws -> Result
  {
    let folder = try TemporaryDirectory()
    var file: String?
    if let input {
      let path = folder.path("input")
      try input.write(to: URL(fileURLWithPath: path))
      file = path
    }
    let (status, output, errors) = try ChildProcess.run(
      path(of: name), arguments, environment: environment, input: file)
    return Result(status: status, output: output, errors: errors)
  }

  /// Runs a program that must exit with 0, and returns its standard output.
  @discardableResult
  static func output(_ name: String, _ arguments: [String], environment: [String: String] = [:], input: Data? = nil)
    throws -> String
  {
    let result = try run(name, arguments, environment: environment, input: input)
    guard result.status == 0 else {
      throw Failure(
        description: "\(name) \(arguments.joined(separator: " ")): exit \(result.status)\n\(result.errors)")
    }
    return result.output
  }
}
