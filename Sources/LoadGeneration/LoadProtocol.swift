/// How requests are put on the socket.
public enum LoadProtocol: String, CaseIterable, Sendable {
  /// Lines of JSON.
  case lines
  /// HTTP/1.1, connections kept open.
  case http
}
