/// How a request is put on the socket.
enum Speech: String {
  case lines
  case http = "HTTP"

  /// The byte that ends a request: a line feed, or the body's last brace.
  var end: UInt8 { self == .lines ? UInt8(ascii: "\n") : UInt8(ascii: "}") }
}
