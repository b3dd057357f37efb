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
    // Files, not pipes: no output is so long that it could stop the program.
    var file: String?
    if let input {
      let path = folder.path("input")
      try input.write(to: URL(fileURLWithPath: path))
      file = path
    }
    let child = try ChildProcess(
      path: try path(of: name), arguments: arguments, environment: environment, input: file,
      output: folder.path("output"), errors: folder.path("errors"))
    let status = child.wait()
    return Result(
      status: status,
      output: String(decoding: try Data(contentsOf: folder.url.appendingPathComponent("output")), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: folder.url.appendingPathComponent("errors")), as: UTF8.self))
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
