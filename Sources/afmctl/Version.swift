/// Which afmctl this is.
enum Version {
  /// The version, as `--version` prints it.
  static let text = "0.1.0"
  /// The date of the manual page.
  static let date = "January 1, 2026"
}
