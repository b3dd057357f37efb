import FeatureEncoding
import JSONReading
import Testing

@testable import LoadGeneration

@Suite struct AnswerReaderTests {
  private func outcomes(_ spoken: LoadProtocol, _ text: String, pieces: Int) throws -> [LoadOutcome] {
    var reader = AnswerReader(spoken)
    var found: [LoadOutcome] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      let piece = Array(bytes[start..<min(start + pieces, bytes.count)])
      var failure: AnswerReader.Unintelligible?
      piece.withUnsafeBytes { bytes in
        do throws(AnswerReader.Unintelligible) {
          try reader.take(bytes) { found.append($0) }
        } catch { failure = error }
      }
      if let failure { throw failure }
    }
    return found
  }

  private let refused = LoadOutcome.refused(status: 400, detail: "no, \"not\" this")

  @Test(arguments: [1, 7, 1_000]) func linesAreReadInAnyPieces(pieces: Int) throws {
    let text = """
      {"id":0,"predictions":[{"score":0.5,"raw":0.0,"unknown":0}],"model":{}}
      {"id":1,"error":{"status":400,"title":"Bad request","detail":"no, \\"not\\" this"}}
      what is this?
      {"id":3,"predictions":[],"model":{}}

      """
    let unknown = LoadOutcome.refused(status: 0, detail: "the answer is no line of the protocol")
    #expect(try outcomes(.lines, text, pieces: pieces) == [.scored, refused, unknown, .scored])
  }

  @Test(arguments: [1, 7, 1_000]) func responsesAreReadInAnyPieces(pieces: Int) throws {
    let problem = "{\"status\":400,\"title\":\"Bad request\",\"detail\":\"no, \\\"not\\\" this\"}"
    let text =
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
      + "HTTP/1.1 400 Bad Request\r\nContent-Length: \(problem.utf8.count)\r\n\r\n\(problem)"
      + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    #expect(try outcomes(.http, text, pieces: pieces) == [.scored, refused, .scored])
    #expect(throws: AnswerReader.Unintelligible.self) { try outcomes(.http, "nonsense\r\n\r\n", pieces: pieces) }
  }

  @Test func requestsTakeTheInstancesInTurn() {
    let instances = ["{\"a\":1}", "{\"a\":2}", "{\"a\":3}"].map { Array($0.utf8) }
    let lines = LoadRequests(instances: instances, instancesPerRequest: 2, as: .lines)
    let texts = (0..<4).map { index in lines.withRequest(index) { String(decoding: $0, as: UTF8.self) } }
    #expect(
      texts == [
        "{\"op\":\"score\",\"id\":0,\"instances\":[{\"a\":1},{\"a\":2}]}\n",
        "{\"op\":\"score\",\"id\":1,\"instances\":[{\"a\":3},{\"a\":1}]}\n",
        "{\"op\":\"score\",\"id\":2,\"instances\":[{\"a\":2},{\"a\":3}]}\n",
        "{\"op\":\"score\",\"id\":0,\"instances\":[{\"a\":1},{\"a\":2}]}\n",
      ])
    let http = LoadRequests(instances: instances, instancesPerRequest: 1, as: .http)
    let first = http.withRequest(0) { String(decoding: $0, as: UTF8.self) }
    #expect(first.hasPrefix("POST /v1/score HTTP/1.1\r\n") && first.hasSuffix("\r\n\r\n{\"instances\":[{\"a\":1}]}"))
  }

  @Test func fieldsOnOnePathAreDrawnSoThatAllTakeThem() throws {
    let schema = Schema(features: [
      FieldDefinition(name: "tags", path: "a"), FieldDefinition(name: "each", path: "a", kind: .list()),
      FieldDefinition(name: "category", path: "b"), FieldDefinition(name: "number", path: "b", kind: .numeric()),
      FieldDefinition(name: "text", path: "c"), FieldDefinition(name: "hour", path: "c", kind: .time(part: .hour)),
    ])
    let decoder = try EventDecoder(schema)
    let reader = JSONReader()
    for instance in RandomInstances.make(50, for: schema, seed: 5) {
      let root = try reader.parse(String(decoding: instance, as: UTF8.self))
      #expect(try decoder.describe(root).count == 6)
    }
  }

  @Test func drawnInstancesFitTheirSchema() throws {
    let schema = Schema(
      time: TimeDefinition(path: "meta.time"),
      features: [
        FieldDefinition(name: "carrier"), FieldDefinition(name: "tags", path: "meta.tags", kind: .list()),
        FieldDefinition(name: "hour", path: "meta.time", kind: .time(part: .hour)),
        FieldDefinition(name: "distance", kind: .numeric(transform: .bucketWidth(250))),
        FieldDefinition(name: "age", kind: .numeric(transform: .buckets(boundaries: [1, 10]))),
        FieldDefinition(name: "price", kind: .numeric(transform: .log1p)),
      ])
    let instances = RandomInstances.make(200, for: schema, seed: 3)
    #expect(instances == RandomInstances.make(200, for: schema, seed: 3))
    #expect(Set(instances).count > 190)
    let decoder = try EventDecoder(schema)
    let reader = JSONReader()
    for instance in instances {
      let root = try reader.parse(String(decoding: instance, as: UTF8.self))
      #expect(try decoder.describe(root).count >= 6)
    }
  }
}
