/// Why a load could not be put on a socket at all.
public struct LoadProblem: Error, Equatable, Sendable {
  /// The socket.
  public var path: String
  /// The system's error number.
  public var code: Int32
}
