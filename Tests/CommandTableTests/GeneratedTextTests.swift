import Foundation
import TestSupport
import Testing

@testable import CommandTable

@Suite struct GeneratedTextTests {
  @Test func bashCompletesCommandsOptionsAndChoices() throws {
    #expect(try complete("tool", "") == ["rollback", "snapshots", "--socket", "--json", "--help"])
    #expect(try complete("tool", "ro") == ["rollback"])
    #expect(try complete("tool", "snapshots", "") == ["list", "export", "--socket", "--json", "--help"])
    #expect(try complete("tool", "rollback", "--position", "") == ["keep", "rewind"])
    #expect(try complete("tool", "rollback", "--po") == ["--position"])
  }

  @Test func zshAndFishNameEverything() {
    #expect(example.completion(for: .zsh).hasPrefix("#compdef tool\n"))
    let fish = example.completion(for: .fish)
    #expect(
      fish.contains("complete -c tool -n '__fish_seen_subcommand_from rollback' -l position -x -a 'keep rewind'"))
    #expect(fish.contains("-a rollback -d 'go back'"))
    #expect(fish.contains("complete -c tool -l socket -s s -r -F -d 'where it is'"))
  }

  @Test func manualPageHasEverySectionAndEscapes() {
    let page = example.manualPage(date: "January 2, 2026")
    #expect(page.hasPrefix(".Dd January 2, 2026\n.Dt TOOL 1\n.Os\n.Sh NAME\n.Nm tool\n.Nd operates things\n"))
    for section in [
      "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "ENVIRONMENT", "FILES", "EXIT STATUS", "SEE ALSO",
    ] {
      #expect(page.contains("\n.Sh \(section)\n"))
    }
    #expect(page.contains("It's a \\-tool\\- with a\\eb."))
    #expect(page.contains(".It Cm snapshots Cm export Ar ID Ar FILE"))
    #expect(page.contains(".Xr other 8"))
  }

  private func complete(_ words: String...) throws -> [String] {
    let list = words.map { "'\($0)'" }.joined(separator: " ")
    let script =
      example.completion(for: .bash)
      + "\nCOMP_WORDS=(\(list)); COMP_CWORD=\(words.count - 1); _tool; printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    let run = try ChildProcess.run("/bin/bash", ["--norc", "-c", script])
    #expect(run.status == 0, "\(run.errors)")
    return run.output.split(separator: "\n").map(String.init)
  }
}
