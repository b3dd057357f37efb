import Fitting
import Glibc

/// Shows on standard error how far fitting is: a bar that is drawn over and over on a terminal, and a line for every
/// epoch anywhere.
final class FitProgressLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var isDrawn = false

  /// Shows a notice.
  func show(_ notice: FitNotice) {
    switch notice {
    case .progress(let progress):
      guard isTerminal else { return }
      printError("\r" + FitText.bar(progress) + "\u{1B}[K")
      isDrawn = true
    case .epoch(let report):
      clear()
      printError(FitText.epoch(report))
    case .note(let text):
      clear()
      printError("afmctl: \(text)\n")
    }
  }

  /// Removes the bar.
  func clear() {
    if isDrawn { printError("\r\u{1B}[K") }
    isDrawn = false
  }
}
