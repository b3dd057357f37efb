import Foundation
import SnapshotStore

/// What the store says of snapshots, in the terms of the daemon's answers and as text.
enum ManifestText {
  /// The manifest as people read it.
  static func text(of manifest: Manifest, listing: SnapshotListing, now: Date) -> String {
    var text = overview(manifest, listing, now).text
    if let position = manifest.position, !position.partitions.isEmpty {
      var table = TextTable(
        headings: ["Partition", "next offset", "records", "checksum sum"], alignments: [.right, .right, .right, .left])
      for partition in position.partitions {
        table.append(
          "\(partition.partition)", "\(partition.nextOffset)", HumanText.count(partition.recordsLearned),
          "\(partition.checksumSum)")
      }
      text += "\n" + table.text
    }
    if !manifest.skips.isEmpty {
      var table = TextTable(headings: ["Skips in", "from", "to"], alignments: [.right, .right, .right])
      for skip in manifest.skips {
        let source = skip.identity.map { " of \($0)" } ?? ""
        table.append("\(skip.partition)\(source)", "\(skip.from)", skip.to == .max ? "end" : "\(skip.to)")
      }
      text += "\n" + table.text
    }
    var files = TextTable(headings: ["File", "rows", "size", "XXH3-128"], alignments: [.left, .right, .right, .left])
    for file in manifest.files {
      let rows = file.rows.map { HumanText.count($0) } ?? "-"
      files.append(file.path, rows, HumanText.bytes(file.size), file.checksum)
    }
    return text + "\n" + files.text
  }

  private static func overview(_ manifest: Manifest, _ listing: SnapshotListing, _ now: Date) -> TextTable {
    var table = TextTable()
    let states = [
      (listing.isCurrent, "current"), (listing.isPinned, "pinned"), (listing.isAbandoned, "abandoned"),
      (listing.isOrderGone, "order gone"),
    ]
    let state = states.filter(\.0).map { ", " + $0.1 }.joined()
    table.append("Snapshot", "\(manifest.id)\(state)")
    table.append("Parent", (manifest.parent.map { "\($0)" } ?? "none") + ", line of descent \(manifest.line)")
    table.append("Taken", "\(manifest.created) (\(HumanText.age(of: manifest.created, now: now))), \(manifest.reason)")
    if let rollback = manifest.rollback {
      let from = rollback.from.map { " from \($0)" } ?? ""
      table.append("Rollback", "\(from.dropFirst())\(from.isEmpty ? "" : " ")to \(rollback.to), \(rollback.mode)")
    }
    table.append("Holds", holding(manifest))
    table.append("Events", "\(HumanText.count(manifest.eventsLearned)) learned")
    if let loss = loss(manifest) { table.append("Loss", "\(HumanText.decimals(loss, 5)) over the whole run") }
    if let position = manifest.position {
      table.append("Source", "\(position.kind.rawValue) \(position.identity)")
      table.append("Records", "\(HumanText.count(position.recordsLearned)), checksum sum \(position.checksumSum)")
    }
    table.append("Schema", manifest.schemaFingerprint)
    table.append("Software", "\(manifest.software), \(manifest.arithmetic) arithmetic")
    return table
  }

  /// Which rows it holds itself, and what it takes to load it.
  private static func holding(_ manifest: Manifest) -> String {
    let files = "\(HumanText.counted(manifest.files.count, "file")), \(HumanText.bytes(manifest.totalSize))"
    let rows = manifest.ownRows.map { HumanText.counted($0, "row") }
    if let base = manifest.base {
      return "\(rows ?? "rows") changed since snapshot \(base); loads from \(files)"
    }
    if manifest.ownFiles.isEmpty { return "nothing itself; loads from \(files)" }
    return rows.map { "all \($0), \(HumanText.bytes(manifest.totalSize))" } ?? "all rows"
  }

  /// The progressive loss over the whole run, where the summary in the manifest has one.
  static func loss(_ manifest: Manifest) -> Double? {
    guard case .object(let summary)? = manifest.progressive, case .object(let run)? = summary["run"] else { return nil }
    return number(run["loss"])
  }

  private static func number(_ value: EmbeddedJSON?) -> Double? {
    switch value {
    case .number(let number): number
    case .integer(let number): Double(number)
    default: nil
    }
  }
}
