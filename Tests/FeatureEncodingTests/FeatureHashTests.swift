import Foundation
import Testing

@testable import FeatureEncoding

/// The vectors of Docs/Features.md, which were made with Python's xxhash.
@Suite struct FeatureHashTests {
  @Test func theDocumentedVectorsHold() throws {
    let document = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Docs/Features.md")
    let text = try String(contentsOf: document, encoding: .utf8)
    var counts: [String: Int] = [:]
    for line in text.split(separator: "\n") {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
        .map { $0.trimmingCharacters(in: .whitespaces).replacingOccurrences(of: "`", with: "") }
      guard cells.count == 5, let seed = UInt64(cells[3]), let expected = UInt64(cells[4], radix: 16) else { continue }
      let hash: UInt64
      switch cells[0] {
      case "categorical":
        hash = FeatureHash.categorical(field: cells[1], text: cells[2] == "(empty)" ? "" : cells[2], seed: seed)
      case "numeric": hash = FeatureHash.numeric(field: cells[1], seed: seed)
      case "cross":
        let parts = cells[2].split(separator: " ").compactMap { UInt64($0, radix: 16) }
        hash = FeatureHash.cross(field: cells[1], parts: parts, seed: seed)
      default: continue
      }
      counts[cells[0], default: 0] += 1
      #expect(hash == expected, "\(line)")
    }
    #expect(counts == ["categorical": 9, "numeric": 2, "cross": 2])
  }
}
