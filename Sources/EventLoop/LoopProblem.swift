import CLibUV

/// What the event loop or the system refused.
public struct LoopProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was being done, and to what.
  public var operation: String
  /// The system's name of the error, such as `EADDRINUSE`; empty where the reason is the loop's own.
  public var code: String
  /// What is wrong and what to do about it.
  public var message: String

  /// Makes a problem.
  public init(operation: String, code: String = "", message: String) {
    self.operation = operation
    self.code = code
    self.message = message
  }

  /// The problem as one line.
  public var description: String {
    code.isEmpty ? "\(operation): \(message)" : "\(operation): \(message) (\(code))"
  }

  /// A problem from libuv's status, which is minus the errno.
  init(_ operation: String, status: Int32) {
    self.init(
      operation: operation, code: String(cString: uv_err_name(status)), message: String(cString: uv_strerror(status)))
  }

  /// Throws where a status of libuv is an error.
  static func check(_ operation: @autoclosure () -> String, _ status: Int32) throws(LoopProblem) {
    if status < 0 { throw LoopProblem(operation(), status: status) }
  }
}
