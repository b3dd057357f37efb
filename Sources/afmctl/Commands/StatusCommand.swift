import CommandTable
import Foundation
import Glibc
import ScoringAPI

/// `afmctl status`: what the daemon does and how well.
enum StatusCommand: Subcommand {
  static let declaration = Command(
    name: "status", summary: "show what the daemon does, has learned and how well",
    discussion: [
      "With --check the exit code is 1 where something is wrong that does not pass by itself, or learning is stopped: for "
        + "a watch of one's own. A pause is no problem."
    ],
    options: [
      CommandOption("check", help: "exit with 1 while there is a problem or learning is stopped"),
      CommandOption(
        "watch", letter: "w", kind: .duration(atLeast: 0.1), valueName: "TIME",
        help: "show it again after so long each time, until interrupted"),
    ])

  static func run(_ session: Session) throws(Failure) {
    guard let seconds = session.arguments.seconds("watch") else { return try show(session) }
    if session.arguments.flag("check") {
      throw Failure(.usage, "--check answers once, with the exit code, and --watch goes on: give one of them")
    }
    let clearsScreen = session.isForPeople && session.output.isTerminal
    while true {
      if clearsScreen { try session.output.write("\u{1B}[H\u{1B}[2J") }
      try show(session)
      try session.output.flush()
      Thread.sleep(forTimeInterval: seconds)
    }
  }

  private static func show(_ session: Session) throws(Failure) {
    let answer = try session.daemon.ask(.status)
    try session.show(answer) { () throws(Failure) in
      StatusText.text(of: try session.decode(StatusReport.self, answer), now: Date())
    }
    guard session.arguments.flag("check") else { return }
    let report = try session.decode(StatusReport.self, answer)
    if !report.problems.isEmpty || report.learning.state == .stopped { throw Failure(.negative) }
  }
}
