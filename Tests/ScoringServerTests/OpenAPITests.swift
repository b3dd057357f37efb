import AttentionalFM
import Foundation
import ScoringAPI
import ScoringClient
import Testing

@testable import ScoringServer

/// The document and the server say the same.
@Suite struct OpenAPITests {
  /// A body that an endpoint takes.
  private func body(_ endpoint: Endpoint) -> [UInt8]? {
    switch endpoint {
    case .score: return Array("{\"instances\":[\(Fixture.instance)]}".utf8)
    case .rank:
      return Array(#"{"context":{"carrier":"UA"},"candidates":[{"origin":"JFK"},{"origin":"LGA"}],"top":1}"#.utf8)
    case .explain, .encode: return Array("{\"instance\":\(Fixture.instance)}".utf8)
    case .rollback: return Array(#"{"snapshot":41,"position":"keep"}"#.utf8)
    case .learning: return Array(#"{"state":"paused"}"#.utf8)
    default: return nil
    }
  }

  private func object(_ bytes: [UInt8]) throws -> Any { try JSONSerialization.jsonObject(with: Data(bytes)) }

  @Test func theRoutesAreThoseOfTheDocument() throws {
    let document = try OpenAPIDocument()
    let documented = document.operations.map { "\($0.name) \($0.id) \($0.needsControl)" }
    let served = Endpoint.allCases.map { "\($0.method) \($0.path) \($0.rawValue) \($0.needsControl)" }
    #expect(Set(documented) == Set(served))
    #expect(documented.count == served.count)
  }

  @Test func answersAreAsDocumented() throws {
    let document = try OpenAPIDocument()
    let fixture = try Fixture(calibration: CalibrationSettings(kind: .platt))
    let client = ScoringClient(path: fixture.control)
    let lines = try LineClient(path: fixture.control)
    for endpoint in Endpoint.allCases where endpoint != .metrics {
      let snapshot: UInt64? = endpoint.path.contains("{id}") ? 41 : nil
      let reply = try client.ask(endpoint, snapshot: snapshot, body: body(endpoint))
      #expect(reply.status < 300, "\(endpoint)")
      let schema = document.answer(of: "\(endpoint.method) \(endpoint.path)")
      let answer = try object(reply.body)
      #expect(document.faults(answer, schema) == [], "\(endpoint)")

      // A line gives the same members, behind its id.
      var line: [String: Any] = ["op": endpoint.rawValue, "id": 1]
      if let snapshot { line["snapshot"] = snapshot }
      if let body = body(endpoint), let members = try object(body) as? [String: Any] {
        line.merge(members) { first, _ in first }
      }
      let answered = try object(try lines.exchange([UInt8](try JSONSerialization.data(withJSONObject: line))))
      var members = try #require(answered as? [String: Any])
      #expect(members.removeValue(forKey: "id") as? Int == 1)
      #expect(Set(members.keys) == Set(try #require(answer as? [String: Any]).keys), "\(endpoint)")
    }
  }

  @Test func aFullThatIsNullIsTakenAsDocumented() throws {
    let document = try OpenAPIDocument()
    let body = Array(#"{"full":null}"#.utf8)
    #expect(document.faults(try object(body), document.component("SnapshotRequest")) == [])
    let fixture = try Fixture()
    #expect(try ScoringClient(path: fixture.control).ask(.snapshot, body: body).status == 200)
  }

  @Test func problemsAreAsDocumented() throws {
    let document = try OpenAPIDocument()
    let fixture = try Fixture()
    let client = ScoringClient(path: fixture.score)
    for endpoint in [Endpoint.score, .rollback, .explain] {
      let reply = try client.ask(endpoint, body: Array("{}".utf8))
      #expect(reply.status >= 400)
      #expect(document.faults(try object(reply.body), document.component("Problem")) == [])
    }
  }
}
