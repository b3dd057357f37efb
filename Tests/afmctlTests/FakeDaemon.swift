import Foundation
import Glibc
import TestSupport

/// A socket that answers every HTTP request with what was prepared for its method and path, and remembers the requests.
final class FakeDaemon: Sendable {
  let socket: String
  private let folder: TemporaryDirectory
  private let listener: Int32
  private let log: URL

  /// - Parameter answers: for `GET /v1/status` and the like, the status code and the body.
  init(_ answers: [String: (status: Int, body: String)]) throws {
    folder = try TemporaryDirectory()
    socket = folder.path("control.sock")
    log = folder.url.appendingPathComponent("requests")
    _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    listener = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = Array(socket.utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0, listen(listener, 8) == 0 else { throw POSIXError(.EIO) }
    let descriptor = listener
    let file = log
    Thread.detachNewThread {
      while case let connection = accept(descriptor, nil, nil), connection >= 0 {
        Self.serve(connection, answers, file)
        close(connection)
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// Each request so far: its method, path and body.
  var requests: [String] {
    let text = (try? String(decoding: Data(contentsOf: log), as: UTF8.self)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  /// One request a connection: the answer says that it ends with it.
  private static func serve(_ connection: Int32, _ answers: [String: (status: Int, body: String)], _ log: URL) {
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while !isWhole(text) {
      let count = read(connection, &buffer, buffer.count)
      guard count > 0 else { return }
      text += String(decoding: buffer[..<count], as: UTF8.self)
    }
    let parts = text.components(separatedBy: "\r\n\r\n")
    let request = parts[0].split(separator: " ").prefix(2).joined(separator: " ")
    if let file = try? FileHandle(forWritingTo: log) {
      _ = try? file.seekToEnd()
      try? file.write(contentsOf: Data((request + (parts[1].isEmpty ? "" : " " + parts[1]) + "\n").utf8))
      try? file.close()
    }
    let answer = answers[request] ?? (404, "{\"status\":404,\"title\":\"Not found\",\"detail\":\"no \(request)\"}")
    let reply =
      "HTTP/1.1 \(answer.status) Prepared\r\nContent-Type: application/json\r\nContent-Length: \(answer.body.utf8.count)\r\n"
      + "Connection: close\r\n\r\n" + answer.body
    _ = Array(reply.utf8).withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }

  private static func isWhole(_ text: String) -> Bool {
    guard let end = text.range(of: "\r\n\r\n") else { return false }
    let head = text[..<end.lowerBound].lowercased()
    guard let field = head.range(of: "content-length: ") else { return true }
    return text[end.upperBound...].utf8.count >= (Int(head[field.upperBound...].prefix { $0.isNumber }) ?? 0)
  }
}
