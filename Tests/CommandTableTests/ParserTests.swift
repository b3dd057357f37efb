import Testing

@testable import CommandTable

@Suite struct ParserTests {
  private func run(_ line: String) throws -> Arguments {
    let words = line.split(separator: " ").map(String.init)
    guard case .run(let arguments) = try example.parse(words) else {
      throw UsageProblem("shows something instead of running")
    }
    return arguments
  }

  private func problem(_ words: String...) -> String {
    do {
      _ = try example.parse(words)
      return "no problem"
    } catch {
      return String(error.description.split(separator: "\n")[0])
    }
  }

  @Test func timesHaveUnits() {
    let expected: [(String, Double?)] = [
      ("2", 2), ("1.5", 1.5), ("500ms", 0.5), ("1s", 1), ("10m", 600), ("2h", 7200), ("-1s", -1), ("", nil), ("s", nil),
      ("1d", nil), ("1 s", nil), ("infs", nil), ("nan", nil), ("1e400", nil),
    ]
    for (text, seconds) in expected { #expect(Arguments.seconds(of: text) == seconds, "\(text)") }
  }

  @Test func readsOptionsInEveryPlaceAndShape() throws {
    let arguments = try run("--json rollback --position=keep 41 -n3 --rate 2.5 --set a=1 --set b= -v -s /x")
    #expect(arguments.command == ["rollback"])
    #expect(arguments.flag("json"))
    #expect(arguments.flag("verbose"))
    #expect(arguments.value("position") == "keep")
    #expect(arguments.integer("count") == 3)
    #expect(arguments.number("rate") == 2.5)
    #expect(arguments.values("set") == ["a=1", "b="])
    #expect(arguments.positional("ID") == "41")
    #expect(arguments.value("socket") == "/x")
  }

  @Test func defaultsNestingAndTheEndOfOptions() throws {
    let arguments = try run("snapshots export 7 -- -a --json")
    #expect(arguments.command == ["snapshots", "export"])
    #expect(arguments.positional("ID") == "7")
    #expect(arguments.positionals("FILE") == ["-a", "--json"])
    #expect(arguments.value("socket") == "/run/x.sock")
    #expect(!arguments.flag("json"))
    #expect(try run("snapshots export - -5").positionals("FILE") == ["-5"])
  }

  @Test func saysWhatIsWrong() {
    #expect(problem("rolback") == "tool: unknown command 'rolback'; did you mean 'rollback'?")
    #expect(problem("snapshots", "lsit") == "tool snapshots: unknown command 'lsit'; did you mean 'list'?")
    #expect(problem("snapshots", "zzzzzz") == "tool snapshots: unknown command 'zzzzzz'")
    #expect(problem("--sokcet", "x") == "tool: unknown option '--sokcet'; did you mean '--socket'?")
    #expect(problem("-z") == "tool: unknown option '-z'")
    #expect(problem() == "tool: which command? One of: rollback, snapshots")
    #expect(problem("rollback", "1") == "tool rollback: option '--position' must be given: which position")
    #expect(
      problem("rollback", "1", "--position", "kep")
        == "tool rollback: option '--position' is one of keep, rewind, not 'kep'; did you mean 'keep'?")
    #expect(problem("rollback", "--position") == "tool rollback: option '--position' needs a value: keep|rewind")
    #expect(problem("rollback", "--position=keep") == "tool rollback: ID is missing: the snapshot")
    #expect(
      problem("rollback", "x", "--position=keep")
        == "tool rollback: ID takes a whole number from 0, not 'x'")
    #expect(
      problem("rollback", "-n", "11") == "tool rollback: option '-n' takes a whole number from 1 to 10, not '11'")
    #expect(
      problem("rollback", "--rate", "nan") == "tool rollback: option '--rate' takes a number, at least 0.0, not 'nan'")
    #expect(problem("--json=1") == "tool: option '--json' takes no value")
    #expect(
      problem("rollback", "--rate=1", "--rate=2") == "tool rollback: option '--rate' is given twice")
    #expect(problem("snapshots", "list", "x") == "tool snapshots list: 'x' is one argument too many")
    #expect(problem("--socket=") == "tool: option '--socket' takes a path, not an empty text")
    #expect(UsageProblem.exitCode == 64)
  }

  @Test func helpAndVersionWinOverWhatIsMissing() throws {
    #expect(try example.parse(["--version"]) == .show("tool 1.2\n"))
    guard case .show(let help) = try example.parse(["rollback", "-h"]) else {
      Issue.record("no help")
      return
    }
    #expect(help.hasPrefix("Usage: tool rollback --position keep|rewind [OPTIONS] ID\n\ngo back.\n"))
    #expect(help.contains("-s, --socket PATH"))
    #expect(help.contains("(default: /run/x.sock)"))
    #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }
}
