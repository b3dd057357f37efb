/// What a model's state directory holds beside its snapshots: names of files and directories in it.
enum StateFiles {
  static let journal = "journal"
  static let quarantine = "quarantine.ndjson"

  /// All that is worth nothing without the model's snapshots, and set aside with them.
  static let ofTheModel = [journal, quarantine, quarantine + ".1"]
}
