import CommandTable
import Testing

@testable import afmctl

struct CommandLineTests {
  private func settings(_ words: String...) throws -> ProduceSettings {
    guard case .run(let arguments) = try Afmctl.program.parse(["produce"] + words) else {
      throw Failure(.internalError, "no arguments")
    }
    return try ProduceSettings(arguments)
  }

  @Test func everyCommandHasHelp() throws {
    for command in Afmctl.program.commands {
      guard case .show(let text) = try Afmctl.program.parse([command.name, "--help"]) else {
        Issue.record("\(command.name) --help shows nothing")
        continue
      }
      #expect(text.contains("Usage: afmctl \(command.name)"))
    }
  }

  @Test func producersTakeProperties() throws {
    let settings = try settings("--topic", "t", "-b", "h:1", "-X", "a=b=c", "--property", "d=", "--limit", "5")
    #expect(settings.configuration.properties == ["bootstrap.servers": "h:1", "a": "b=c", "d": ""])
    #expect(settings.limit == 5)
    #expect(settings.partition == nil)
  }

  @Test func whatMakesNoSenseIsRefused() {
    #expect(throws: Failure.self) { try settings("--topic", "t") }
    #expect(throws: Failure.self) { try settings("--topic", "t", "-b", "h:1", "-X", "novalue") }
    #expect(throws: Failure.self) { try settings("--topic", "t", "-b", "h:1", "-p", "1", "--key-path", "k") }
    #expect(throws: Failure.self) { try settings("--topic", "t", "-b", "h:1", "--rate", "0") }
    #expect(throws: UsageProblem.self) { try settings("-b", "h:1") }
  }

  @Test func anUnknownCommandIsAUsageProblem() {
    #expect(Afmctl.run(["--no-such-option"]) == .usage)
  }
}
