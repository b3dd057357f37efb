import Testing

@testable import HTTP

@Suite struct RequestParserTests {
  private func one(
    _ method: Method, _ path: String, query: String = "", body: String = "", keepsAlive: Bool = true
  ) -> [Outcome] {
    [.request(method: method, path: path, query: query, body: bytes(body), keepsAlive: keepsAlive)]
  }

  @Test(arguments: [nil, 1, 2, 3, 7])
  func readsPipelinedRequestsInPieces(piece: Int?) {
    let stream = bytes(
      "POST /v1/score HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
        + "GET /x%20y?a=b HTTP/1.1\r\nhost:a:80\r\n\r\n"
        + "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nT: 1\r\n\r\n"
        + "\r\nDELETE /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    #expect(
      outcomes(of: stream, piece: piece)
        == one(.post, "/v1/score", body: "hello") + one(.get, "/x y", query: "a=b")
        + one(.post, "/", body: "abc0123456789") + one(.delete, "/last", keepsAlive: false))
  }

  @Test func closesAsTheVersionSays() {
    #expect(outcomes(of: bytes("GET / HTTP/1.0\r\n\r\n")) == one(.get, "/", keepsAlive: false))
    #expect(outcomes(of: bytes("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")) == one(.get, "/"))
    #expect(
      outcomes(of: bytes("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n"))
        == one(.get, "/", keepsAlive: false))
  }

  @Test func readsTargets() {
    func target(_ text: String, method: String = "GET") -> [Outcome] {
      outcomes(of: bytes("\(method) \(text) HTTP/1.1\r\nHost: a\r\n\r\n"))
    }
    #expect(target("http://a:1/b?c") == one(.get, "/b", query: "c"))
    #expect(target("HTTP://a") == one(.get, "/"))
    #expect(target("*", method: "OPTIONS") == one(.other, "*"))
    #expect(target("/a%2Fb%2fc") == one(.get, "/a%2Fb%2fc"))
    for broken in ["/%", "/%1", "/%zz", "/%00", "a", "*", "/a#b", "https://a/", "http:///b", "/\u{7F}", "/é"] {
      #expect(target(broken) == [.failed(400)], "\(broken)")
    }
  }

  @Test func asksForTheBodyOnce() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n"
    #expect(
      outcomes(of: bytes(head + "Content-Length: 2\r\n\r\nok")) == [.expectsContinue] + one(.post, "/", body: "ok"))
    #expect(outcomes(of: bytes(head + "Content-Length: 0\r\n\r\n")) == one(.post, "/"))
    #expect(outcomes(of: bytes("GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n")) == [.failed(417)])
  }

  @Test func aBodyThatIsEncodedIsRefusedByTheNameOfItsCoding() throws {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
    #expect(outcomes(of: bytes(head + "Content-Encoding: gzip\r\n\r\nok")) == [.failed(415)])
    #expect(outcomes(of: bytes(head + "Content-Encoding: Identity\r\n\r\nok")) == one(.post, "/", body: "ok"))
    #expect(
      outcomes(of: bytes("GET / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n\r\n")) == one(.get, "/"))
    var parser = RequestParser(limits: Limits())
    let (_, step) = bytes(head + "Content-Encoding: br\r\n\r\n").withUnsafeBytes { parser.consume($0) }
    guard case .failed(let failure) = step else {
      Issue.record("it is refused")
      return
    }
    #expect(failure.detail.contains("'br'"))
  }

  @Test func holdsItsLimits() {
    let limits = Limits(headBytes: 100, headerCount: 3, bodyBytes: 4)
    func refused(_ text: String) -> [Outcome] { outcomes(of: bytes(text), limits: limits) }
    let head = "POST / HTTP/1.1\r\nHost: a\r\n"
    #expect(refused(head + "Content-Length: 5\r\n\r\n") == [.failed(413)])
    #expect(refused(head + "Content-Length: 4\r\n\r\n1234") == one(.post, "/", body: "1234"))
    #expect(refused(head + "Transfer-Encoding: chunked\r\n\r\n2\r\n12\r\n3\r\n") == [.failed(413)])
    #expect(refused(head + "A: 1\r\nB: 1\r\nC: 1\r\n\r\n") == [.failed(431)])
    #expect(refused(head + "A: \(String(repeating: "x", count: 100))") == [.failed(431)])
    #expect(refused("GET /\(String(repeating: "x", count: 100))") == [.failed(414)])
  }

  @Test func readsQueries() {
    var parser = RequestParser()
    let stream = bytes("GET /?a=1&b=x%20y+z&c&d=%3D HTTP/1.1\r\nHost: a\r\nAccept: text/*\r\n\r\n")
    let step = stream.withUnsafeBytes { parser.consume($0).step }
    #expect(step == .request)
    let items = parser.request.queryItems ?? []
    #expect(items.map(\.name) == ["a", "b", "c", "d"])
    #expect(items.map(\.value) == ["1", "x y z", "", "="])
    #expect(parser.request.header("accept") == "text/*")
    #expect(parser.request.header("host") == "a")
    #expect(parser.request.pathSegments == [""])
  }

  @Test func knowsWhetherAnEndLosesSomething() {
    var parser = RequestParser()
    func feed(_ text: String) { bytes(text).withUnsafeBytes { _ = parser.consume($0) } }
    #expect(parser.isBetweenRequests)
    feed("GET / HT")
    #expect(!parser.isBetweenRequests)
    feed("TP/1.1\r\nHost: a\r\n")
    #expect(!parser.isBetweenRequests)
    feed("\r\n")
    #expect(parser.isBetweenRequests)
  }
}
