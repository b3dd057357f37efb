import Foundation
import TestSupport
import Testing

@testable import afmctl

struct LineReaderTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func lines(of text: String, maximumBytes: Int = 1 << 24) throws -> [String] {
    let path = folder.path("input")
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let reader = LineReader(try InputBytes.open(path), maximumBytes: maximumBytes)
    var lines: [String] = []
    while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    #expect(reader.number == lines.count)
    return lines
  }

  @Test(arguments: [
    ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("\n\na\r\n", ["", "", "a"]), ("\n", [""]),
  ])
  func linesEndAtLineFeeds(text: String, expected: [String]) throws {
    #expect(try lines(of: text) == expected)
  }

  @Test func linesLongerThanTheBufferStayWhole() throws {
    let long = String(repeating: "x", count: 1_000_000)
    #expect(try lines(of: "a\n\(long)\nb\n\(long)") == ["a", long, "b", long])
  }

  @Test func linesOverTheLimitAreRefusedWithTheirNumber() throws {
    #expect {
      _ = try lines(of: "a\n" + String(repeating: "x", count: 1_000_000), maximumBytes: 300_000)
    } throws: {
      ($0 as? Failure)?.message.contains("line 2") == true
    }
  }
}
