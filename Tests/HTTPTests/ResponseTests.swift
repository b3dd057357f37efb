import Testing

@testable import HTTP

@Suite struct ResponseTests {
  private func responses(_ text: [UInt8], piece: Int?, isHead: Bool = false) -> [Response] {
    var parser = ResponseParser()
    parser.isHead = isHead
    var found: [Response] = []
    let size = piece ?? text.count
    for start in stride(from: 0, to: text.count, by: size) {
      Array(text[start..<min(start + size, text.count)]).withUnsafeBytes { bytes in
        var position = 0
        while true {
          let (taken, step) = parser.consume(UnsafeRawBufferPointer(rebasing: bytes[position...]))
          position += taken
          switch step {
          case .response(let response): found.append(response)
          case .failed(let failure):
            Issue.record("\(failure)")
            return
          case .needsMore: return
          }
        }
      }
    }
    if let last = parser.end() { found.append(last) }
    return found
  }

  @Test(arguments: [nil, 1, 3])
  func whatIsWrittenIsRead(piece: Int?) {
    var stream: [UInt8] = []
    ResponseWriter.appendContinue(to: &stream)
    ResponseWriter.appendHead(
      status: 200, contentType: "application/json", length: 2, keepsAlive: true, to: &stream)
    stream.append("{}")
    ResponseWriter.appendHead(
      status: 405, contentType: "text/plain", length: 0, keepsAlive: false, allow: "GET, HEAD", to: &stream)
    #expect(
      responses(stream, piece: piece) == [
        Response(status: 200, contentType: "application/json", body: bytes("{}"), keepsAlive: true),
        Response(status: 405, contentType: "text/plain", body: [], keepsAlive: false),
      ])
  }

  @Test func readsChunksAndBodiesThatEndWithTheConnection() {
    let chunked = bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")
    #expect(responses(chunked, piece: nil).map(\.body) == [bytes("ab")])
    let open = bytes("HTTP/1.0 200 OK\r\n\r\nabc")
    #expect(
      responses(open, piece: 1) == [Response(status: 200, contentType: nil, body: bytes("abc"), keepsAlive: false)])
  }

  @Test func decimalsAreWritten() {
    var text: [UInt8] = []
    for number in [0, 7, 10, 99, 100, 12_345, Int.max, -3, Int.min] {
      text.append(decimal: number)
      text.append(" ")
    }
    #expect(
      String(decoding: text, as: UTF8.self)
        == "0 7 10 99 100 12345 9223372036854775807 -3 -9223372036854775808 ")
  }
}
