import Foundation
import ScoringAPI

/// Snapshots as people read them.
enum SnapshotText {
  /// A table of snapshots.
  static func list(_ list: SnapshotList, now: Date) -> String {
    guard !list.snapshots.isEmpty else { return "no snapshots yet\n" }
    var table = TextTable(
      headings: ["id", "parent", "taken", "reason", "events", "loss", "kind", "rows", "written", "size", "state"],
      alignments: [.right, .right, .right, .left, .right, .right, .left, .right, .right, .right, .left])
    for snapshot in list.snapshots {
      table.append(
        "\(snapshot.id)", snapshot.parent.map { "\($0)" } ?? "-", HumanText.age(of: snapshot.created, now: now),
        snapshot.reason, HumanText.count(snapshot.eventsLearned), HumanText.decimals(snapshot.loss, 5),
        kind(snapshot), snapshot.rows.map { HumanText.count($0) } ?? "-",
        snapshot.bytesWritten.map { HumanText.bytes($0) } ?? "-", HumanText.bytes(snapshot.bytes), state(snapshot))
    }
    return table.text
  }

  /// Whether it holds all rows, the changes since the one before, or refers to the files of others.
  private static func kind(_ snapshot: SnapshotSummary) -> String {
    if snapshot.base != nil { return "incremental" }
    return snapshot.bytesWritten == 0 ? "reference" : "full"
  }

  private static func state(_ snapshot: SnapshotSummary) -> String {
    var words: [String] = []
    if snapshot.current { words.append("current") }
    if snapshot.pinned { words.append("pinned") }
    if snapshot.abandoned { words.append("abandoned") }
    if snapshot.orderGone == true { words.append("order gone") }
    return words.joined(separator: ", ")
  }
}
