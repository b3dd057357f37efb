import Foundation
import TestSupport

/// The daemon's control socket, spoken to directly: a test that kills must know when its request went out.
struct ControlSocket {
  /// An answer.
  struct Answer {
    var status: Int
    var body: JSON
  }

  let path: String

  /// Sends a request and waits for the answer.
  func ask(_ method: String, _ target: String, _ body: String = "", timeoutSeconds: Int = 60) throws -> Answer {
    let client = try send(method, target, body, timeoutSeconds: timeoutSeconds)
    guard let answer = Self.answer(from: client) else {
      throw Program.Failure(description: "no whole answer to \(method) \(target) \(body)")
    }
    return answer
  }

  /// Sends a request and leaves the answer in the socket.
  func send(_ method: String, _ target: String, _ body: String = "", timeoutSeconds: Int = 60) throws -> UnixClient {
    let client = try UnixClient(path: path, timeoutSeconds: timeoutSeconds)
    client.send(
      "\(method) \(target) HTTP/1.1\r\nHost: afmd\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        + body)
    return client
  }

  /// What came back; nil where the daemon ended before it had answered.
  static func answer(from client: UnixClient) -> Answer? {
    let text = String(decoding: client.receiveAll(), as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { return nil }
    let words = text.prefix { $0 != "\r\n" }.split(separator: " ")
    guard words.count > 1, let status = Int(words[1]), let body = try? JSON(String(text[end.upperBound...])) else {
      return nil
    }
    return Answer(status: status, body: body)
  }
}
