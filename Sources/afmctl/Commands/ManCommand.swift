import CommandTable
import Version

/// `afmctl man`: the manual page.
enum ManCommand: Subcommand {
  static let declaration = Command(
    name: "man", summary: "print the manual page, for man(1)",
    discussion: ["To read it: afmctl man | man -l -. To install it: afmctl man > /usr/local/share/man/man1/afmctl.1."])

  static func run(_ session: Session) throws(Failure) {
    try session.output.write(Afmctl.program.manualPage(date: SoftwareVersion.date))
  }
}
