import CommandTable
import Foundation
import Glibc

/// `afmctl ready`: whether the daemon answers with a model.
enum ReadyCommand: Subcommand {
  static let declaration = Command(
    name: "ready", summary: "tell whether the daemon is ready to score; exit 0 if so",
    options: [
      CommandOption(
        "wait", kind: .duration(atLeast: 0), valueName: "TIME",
        help: "wait so long for the daemon to start and become ready")
    ])

  static func run(_ session: Session) throws(Failure) {
    let deadline = Date().addingTimeInterval(session.arguments.seconds("wait") ?? 0)
    while true {
      do {
        let answer = try session.daemon.ask(.ready)
        return try session.show(answer) { "ready\n" }
      } catch {
        let mayChange = error.code == .unavailable || error.code == .tryAgain
        guard mayChange, Date() < deadline else {
          throw error.code == .tryAgain ? Failure(.negative, error.message) : error
        }
        usleep(50_000)
      }
    }
  }
}
