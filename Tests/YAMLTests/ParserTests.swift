import Testing

@testable import YAML

@Suite struct ParserTests {
  private func problem(_ text: String) -> String {
    do {
      return "no problem: \(try YAMLNode.parse(text))"
    } catch {
      return error.description
    }
  }

  @Test func readsMarkedNodes() throws {
    let node = try YAMLNode.parse("a: 1\nb:\n  - x\n  - 'y z'\nc: {d: ~}\n")
    guard case .mapping(let entries) = node.content, case .sequence(let list) = entries[1].value.content else {
      Issue.record("not a mapping with a list")
      return
    }
    #expect(entries.map(\.key) == ["a", "b", "c"])
    #expect(entries[1].mark == YAMLMark(line: 2, column: 1))
    #expect(list[1] == YAMLNode(content: .scalar("y z", isPlain: false), mark: YAMLMark(line: 4, column: 5)))
    guard case .mapping(let inner) = entries[2].value.content else { return }
    #expect(inner[0].value.isNull)
  }

  @Test func anEmptyTextIsNull() throws {
    #expect(try YAMLNode.parse("").isNull)
    #expect(try YAMLNode.parse("# nothing\n").isNull)
  }

  @Test func refusesWhatCanBlowUpOrSurprise() {
    #expect(problem("a: &x 1") == "line 1, column 4: anchors (`&x`) are not allowed")
    #expect(problem("a: 1\nb: *x") == "line 2, column 4: aliases (`*name`) are not allowed; write the value out")
    #expect(problem("a: !!str 1") == "line 1, column 4: tags (`tag:yaml.org,2002:str`) are not allowed")
    #expect(problem("a: !x [1]") == "line 1, column 4: tags (`!x`) are not allowed")
    #expect(problem("<<: {a: 1}") == "line 1, column 1: merge keys (`<<`) are not allowed; write the keys out")
    #expect(problem("a: 1\nb: 2\na: 3") == "line 3, column 1: the key `a` is there twice, first at line 1")
    #expect(problem("a: 1\n---\nb: 2") == "line 2, column 1: a second document begins here; a file holds one")
    #expect(problem("? [a]\n: 1") == "line 1, column 3: a key must be a text, not a list or a mapping")
    #expect(problem("~: 1") == "line 1, column 1: a key is missing")
  }

  @Test func refusesDepthAndLength() throws {
    let deep = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
    #expect(throws: Never.self) { try YAMLNode.parse(deep) }
    #expect(problem("[" + deep + "]") == "line 1, column 33: nested deeper than 32 levels")
    #expect(problem(String(repeating: "[", count: 100_000)).hasSuffix("nested deeper than 32 levels"))
    #expect(problem(String(repeating: "#", count: 1_048_577)).contains("at most 1048576 are read"))
  }

  @Test func saysWhereTheTextIsBroken() throws {
    #expect(problem("a: 1\nb: [1, 2\nc: 3").hasPrefix("line 3, column 2: not YAML: "))
    #expect(problem("a:\n\t- b").hasPrefix("line 2, column 1: not YAML: "))
    var bytes = Array("a: 1\nb: ".utf8)
    bytes.append(0xFF)
    let found = #expect(throws: YAMLProblem.self) { try YAMLNode.parse(bytes: bytes) }
    #expect(found?.mark.line == 2)
    #expect(found?.message.contains("UTF-8") == true)
  }

  @Test func damagedTextsNeverCrash() {
    let text = Array("a: [1, {b: 'c'}]\nd: |\n  e\n? f\n: \"g\\u0041\"\n".utf8)
    for cut in 0...text.count { _ = try? YAMLNode.parse(bytes: Array(text.prefix(cut))) }
    for place in text.indices {
      for byte: UInt8 in [0, 9, 10, 0x22, 0x27, 0x5B, 0x7B, 0x80, 0xFE] {
        var damaged = text
        damaged[place] = byte
        _ = try? YAMLNode.parse(bytes: damaged)
      }
    }
  }
}
