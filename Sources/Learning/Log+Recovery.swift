import Observability
import SnapshotStore

extension Log {
  /// Tells what a start found: damage as an error, anything else as a notice.
  package func recovery(_ message: String, _ note: RecoveryNote) {
    if note.isDamage {
      error(message, ["problem": note.text])
    } else {
      notice(message, ["note": note.text])
    }
  }
}
