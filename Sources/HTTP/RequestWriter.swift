/// Writes requests, for clients.
public enum RequestWriter {
  /// A whole request with a JSON body, or without a body.
  public static func request(method: String, target: String, body: [UInt8]?) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(contentsOf: "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n".utf8)
    if let body {
      bytes.append(contentsOf: "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n".utf8)
    }
    bytes.append("\r\n")
    if let body { bytes.append(contentsOf: body) }
    return bytes
  }
}
