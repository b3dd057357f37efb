import Testing

@testable import YAML

@Suite struct SectionTests {
  private enum Color: String, CaseIterable { case red, green }

  private func findings(
    _ text: String, environment: [String: String] = [:], _ body: (YAMLSection) -> Void
  ) throws -> [String] {
    let findings = YAMLFindings(environment: environment)
    try YAMLNode.parse(text).read(findings, body)
    return findings.problems.map(\.description)
  }

  @Test func readsEveryType() throws {
    let text = """
      t: 123
      i: -3
      n: 1e-3
      b: true
      c: green
      d: 10m
      s: 64MiB
      u: 18446744073709551615
      none: null
      """
    let problems = try findings(text) { section in
      #expect(section.text("t", default: "x") == "123")
      #expect(section.integer("i", default: 0, in: -5...5) == -3)
      #expect(section.number("n", default: 1, "any") { _ in true } == 0.001)
      #expect(section.boolean("b", default: false))
      #expect(section.choice("c", default: Color.red) == .green)
      #expect(section.duration("d", default: .zero, atLeast: .zero, atMost: .seconds(3600)) == .seconds(600))
      #expect(section.size("s", default: 0, in: 0...(1 << 30)) == 64 << 20)
      #expect(section.unsigned("u", default: 0) == .max)
      #expect(section.optionalText("none") == nil)
      #expect(section.optionalInteger("absent", default: nil, in: 0...1) == nil)
      #expect(section.text("default", default: "x") == "x")
    }
    #expect(problems == [])
  }

  @Test func nullSwitchesOffWhatMayBeOff() throws {
    let problems = try findings("every: null\nrate: ~\nsize: ~") { section in
      #expect(section.optionalDuration("every", default: .seconds(1), atLeast: .zero, atMost: .seconds(9)) == nil)
      #expect(section.optionalNumber("rate", default: 1, "any") { _ in true } == nil)
      #expect(section.integer("size", default: 7, in: 0...9) == 7)
    }
    #expect(problems == ["line 3, column 7: `size` must be a whole number, from 0 to 9, not nothing"])
  }

  @Test func findsEveryProblemInOneRun() throws {
    let text = """
      outer:
        taable: 1
        i: 99
        j: "5"
        b: yes
        c: gren
        d: 10
        s: 1.5B
        t: [1]
      list: 3
      """
    let problems = try findings(text) { document in
      document.section("outer") { section in
        _ = section.integer("table", default: 0, in: 0...1)
        #expect(section.integer("i", default: 4, in: 0...9) == 4)
        _ = section.integer("j", default: 4, in: 0...9)
        _ = section.boolean("b", default: false)
        _ = section.choice("c", default: Color.red)
        _ = section.duration("d", default: .zero, atLeast: .zero, atMost: .seconds(60))
        _ = section.size("s", default: 0, in: 0...1024)
        _ = section.text("t", default: "")
      }
      _ = document.list("list") { $0.text() }
      _ = document.requiredText("topic", why: "the topic to read")
    }
    #expect(
      problems == [
        "line 3, column 6: `outer.i` must be a whole number, from 0 to 9, not `99`",
        "line 4, column 6: `outer.j` must be a whole number, from 0 to 9, not the text \"5\"",
        "line 5, column 6: `outer.b` must be true or false, not `yes`",
        "line 6, column 6: `outer.c` is `gren`; it must be one of red, green; did you mean `green`?",
        "line 7, column 6: `outer.d` must be a duration from 0s to 1m, such as 500ms, 30s, 10m or 1h, not `10`",
        "line 8, column 6: `outer.s` must be a size from 0B to 1KiB, such as 64MiB or 10MB, not `1.5B`",
        "line 9, column 6: `outer.t` must be a text, not a list",
        "line 2, column 3: unknown key `taable` in `outer`; did you mean `table`?",
        "line 10, column 7: `list` must be a list, not `3`",
        "line 1, column 1: `topic` is missing: the topic to read",
      ])
  }

  @Test func substitutesVariablesAfterParsing() throws {
    let environment = ["HOST": "h:9092", "EVIL": "x\nkey: 1", "EMPTY": "", "N": "5", "NESTED": "${HOST}"]
    let text = """
      a: ${HOST},${HOST}
      b: ${EVIL}
      c: ${MISSING:-fall back}${EMPTY:-!}
      n: ${N}
      e: $${HOST} costs $5
      f: ${NESTED}
      q: "${HOST}"
      """
    let problems = try findings(text, environment: environment) { section in
      #expect(section.text("a", default: "") == "h:9092,h:9092")
      #expect(section.text("b", default: "") == "x\nkey: 1")
      #expect(section.text("c", default: "") == "fall back!")
      #expect(section.integer("n", default: 0, in: 0...9) == 5)
      #expect(section.text("e", default: "") == "${HOST} costs $5")
      #expect(section.text("f", default: "") == "${HOST}")
      #expect(section.text("q", default: "") == "h:9092")
      #expect(section.text("default", default: "${HOST}/x") == "h:9092/x")
    }
    #expect(problems == [])
  }

  @Test func saysWhichVariableIsMissing() throws {
    let text = "a: ${MISSING}\nb: ${HOST\nc: ${A B}\nd: ${N}"
    let problems = try findings(text, environment: ["N": "many"]) { section in
      _ = section.text("a", default: "")
      _ = section.text("b", default: "")
      _ = section.text("c", default: "")
      _ = section.integer("d", default: 0, in: 0...9)
    }
    #expect(
      problems == [
        "line 1, column 4: `a`: the environment variable MISSING is not set; set it, or write ${MISSING:-DEFAULT}",
        "line 2, column 4: `b`: `${` without a closing brace; write `$${` for the characters themselves",
        "line 3, column 4: `c`: `A B` cannot be the name of an environment variable",
        "line 4, column 4: `d` must be a whole number, from 0 to 9, not `many` (from `${N}`)",
      ])
  }

  @Test func listsEffectiveValuesWithoutSecrets() throws {
    let findings = YAMLFindings(environment: [:])
    try YAMLNode.parse("a: 2\nmap: {user: me, password: p}").read(findings) { section in
      _ = section.integer("a", default: 1, in: 0...9)
      _ = section.duration("b", default: .milliseconds(1500), atLeast: .zero, atMost: .seconds(9))
      let map = section.texts("map") { $0 == "password" }
      #expect(map.map(\.key) == ["user", "password"])
      #expect(map.map(\.value) == ["me", "p"])
    }
    #expect(findings.effective.map(\.path) == ["a", "b", "map.user", "map.password"])
    #expect(findings.effective.map(\.value) == ["2", "1500ms", "me", "(secret)"])
    #expect(findings.effective.map(\.isWritten) == [true, false, true, true])
  }

  @Test func scalarsAreStrict() {
    for text in ["", "0x10", "1_000", "inf", "nan", ".5", "+1", "1e999", "1 "] {
      #expect(YAMLScalars.number(text) == nil, "\(text)")
    }
    for text in ["", "1.0", "1e3", "+1", "99999999999999999999", "--1"] {
      #expect(YAMLScalars.integer(text) == nil, "\(text)")
    }
    for text in ["", "10", "s", "1.s", "1 s", "-1s", "1h30m", "1e9s", "99999999999d"] {
      #expect(YAMLScalars.duration(text) == nil, "\(text)")
    }
    for text in ["", "10", "KB", "1.0000001kB", "-1B", "9999999999TiB"] {
      #expect(YAMLScalars.size(text) == nil, "\(text)")
    }
    #expect(YAMLScalars.duration("1.5h") == .seconds(5400))
    #expect(YAMLScalars.duration("250us") == .microseconds(250))
    #expect(YAMLScalars.size("1.5kB") == 1500)
    #expect(YAMLScalars.text(of: .seconds(90)) == "90s")
    #expect(YAMLScalars.text(ofSize: 10_000_000) == "10000000B")
  }
}
