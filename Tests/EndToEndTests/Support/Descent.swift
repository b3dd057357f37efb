import Foundation

/// Judges a state directory: whether every snapshot accounts for every record between it and the one it descends from.
///
/// A manifest says for each partition how many records its line of descent learned, and the sum of their payloads'
/// checksums; the ledger knows what there was. So each step of descent is judged by itself:
///
/// - An ordinary snapshot learned exactly the records between its parent's position and its own, each once, less those
///   that a skip of its parent names. A start learned exactly what lies before its position.
/// - Where the topic was made anew in between, it learned the new one from its first record to the position; of the old
///   one all that was left, or, where nobody could read that any more, nothing.
/// - A rollback counts what its target counted. With `rewind` it stands where its target stood. With `keep` it stands in
///   no partition before its target, and for every partition in which it stands behind it says what it skipped.
///
/// Less is *lost*, more is *twice*. What a rollback said that it skipped is neither.
struct Descent {
  /// What a manifest says.
  struct Snapshot {
    struct Partition {
      var next: Int64
      var learned: Int
      var sum: UInt64
      var last: (offset: Int64, checksum: UInt64)?
    }
    struct Skip {
      var partition: Int32
      var from: Int64
      var to: Int64
      /// Whether it belongs to another source than the position beside it.
      var isElsewhere: Bool
    }

    var id: Int
    var parent: Int?
    var reason: String
    var partitions: [Int32: Partition]
    /// For a rollback: its target, how, and what it skipped.
    var rollback: (target: Int, isKeep: Bool, skipped: [Skip])?
    var skips: [Skip]
    /// The incarnation of the source at which it was first seen.
    var incarnation: Int
  }

  /// What is wrong with a step of descent.
  struct Finding: CustomStringConvertible {
    enum Kind: String { case lost, twice, wrong }
    var kind: Kind
    var text: String
    var description: String { "\(kind.rawValue): \(text)" }
  }

  /// Whether positions are offsets of records (Kafka) or of bytes (a file, where the last record says where it stands).
  let countsRecords: Bool
  private(set) var snapshots: [Int: Snapshot] = [:]
  private var judged: Set<Int> = []

  init(countsRecords: Bool) {
    self.countsRecords = countsRecords
  }

  /// Reads the manifests that were not seen before.
  mutating func read(_ state: String, incarnation: Int) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: state + "/snapshots").sorted() {
      guard let id = Int(name), snapshots[id] == nil else { continue }
      guard let text = try? String(contentsOfFile: "\(state)/snapshots/\(name)/manifest.json", encoding: .utf8) else {
        continue
      }
      snapshots[id] = try Self.parse(JSON(text), incarnation: incarnation)
    }
  }

  /// The snapshots from a snapshot back to the first, as far as they are known.
  func line(of id: Int) -> [Snapshot] {
    var line: [Snapshot] = []
    var next: Int? = id
    while let id = next, let snapshot = snapshots[id] {
      line.append(snapshot)
      next = snapshot.parent
    }
    return line
  }

  /// Judges every step that was not judged before.
  mutating func judge(_ ledger: Ledger) -> [Finding] {
    var findings: [Finding] = []
    for (id, snapshot) in snapshots.sorted(by: { $0.key < $1.key }) where !judged.contains(id) {
      judged.insert(id)
      if snapshot.rollback != nil {
        findings += judgeRollback(snapshot, ledger)
      } else {
        findings += judgeOrdinary(snapshot, ledger)
      }
    }
    return findings
  }

  /// Whether a snapshot stands at the end of everything that was produced.
  func isComplete(_ id: Int, _ ledger: Ledger) -> Bool {
    guard let snapshot = snapshots[id] else { return false }
    return ledger.counts.allSatisfy { index(snapshot, $0.key, ledger) == $0.value }
  }

  /// The records that a snapshot's model learned, in order, where there is one partition.
  func learned(by id: Int, _ ledger: Ledger) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for snapshot in line(of: id) where snapshot.rollback == nil {
      let to = index(snapshot, 0, ledger) ?? 0
      let from = snapshot.parent.flatMap { snapshots[$0] }.flatMap { index($0, 0, ledger) } ?? 0
      if from < to { ranges.append(from..<to) }
    }
    return ranges.reversed()
  }

  private func judgeRollback(_ snapshot: Snapshot, _ ledger: Ledger) -> [Finding] {
    guard let rollback = snapshot.rollback, let target = snapshots[rollback.target] else {
      return [Finding(kind: .wrong, text: "rollback \(snapshot.id) goes back to a snapshot that was never seen")]
    }
    var findings: [Finding] = []
    let name = "rollback \(snapshot.id) to \(target.id) (\(rollback.isKeep ? "keep" : "rewind"))"
    for partition in Set(snapshot.partitions.keys).union(target.partitions.keys).sorted() {
      let (now, then) = (snapshot.partitions[partition], target.partitions[partition])
      if now?.learned ?? 0 != then?.learned ?? 0 || now?.sum ?? 0 != then?.sum ?? 0 {
        findings.append(
          Finding(
            kind: .wrong,
            text: "\(name): partition \(partition) counts \(now?.learned ?? 0), its target \(then?.learned ?? 0)"))
      }
      guard let stands = index(snapshot, partition, ledger), let stood = index(target, partition, ledger) else {
        continue
      }
      if stands < stood {
        findings.append(
          Finding(
            kind: .twice, text: "\(name): partition \(partition) stands at \(stands), before its target's \(stood)"))
      }
      if !rollback.isKeep, stands > stood {
        findings.append(
          Finding(
            kind: .lost, text: "\(name): partition \(partition) stands at \(stands), behind its target's \(stood)"))
      }
      let isSame = !countsRecords || incarnation(of: snapshot, ledger) == incarnation(of: target, ledger)
      if rollback.isKeep, stands > stood, isSame,
        !rollback.skipped.contains(where: { $0.partition == partition && ($0.to == now?.next || $0.to == .max) })
      {
        findings.append(
          Finding(kind: .lost, text: "\(name): what partition \(partition) skipped to \(stands) is not said"))
      }
    }
    return findings
  }

  private func judgeOrdinary(_ snapshot: Snapshot, _ ledger: Ledger) -> [Finding] {
    var parent: Snapshot?
    if let id = snapshot.parent {
      parent = snapshots[id]
      guard parent != nil else {
        return [Finding(kind: .wrong, text: "snapshot \(snapshot.id) descends from \(id), which was never seen")]
      }
    }
    var findings: [Finding] = []
    for (partition, now) in snapshot.partitions.sorted(by: { $0.key < $1.key }) {
      let name = "snapshot \(snapshot.id) from \(snapshot.parent.map(String.init) ?? "nothing"), partition \(partition)"
      guard let to = index(snapshot, partition, ledger) else {
        findings.append(Finding(kind: .wrong, text: "\(name): its last record was never produced"))
        continue
      }
      let then = parent?.partitions[partition]
      let (learned, sum) = (now.learned - (then?.learned ?? 0), now.sum &- (then?.sum ?? 0))
      let alternatives = ranges(parent, snapshot, partition, to: to, ledger)
      if alternatives.contains(where: { ranges in
        ranges.reduce(0) { $0 + $1.count } == learned
          && ranges.reduce(0) { $0 &+ ledger.sum(partition, $1) } == sum
      }) {
        continue
      }
      let right = alternatives[0].reduce(0) { $0 + $1.count }
      findings.append(
        Finding(
          kind: learned < right ? .lost : learned > right ? .twice : .wrong,
          text: "\(name): learned \(learned), right is \(right) (records \(alternatives[0]))"))
    }
    return findings
  }

  /// What may have been learned between a snapshot and the one it descends from: the likeliest first.
  private func ranges(_ parent: Snapshot?, _ snapshot: Snapshot, _ partition: Int32, to: Int, _ ledger: Ledger)
    -> [[Range<Int>]]
  {
    let begin = ledger.start(of: countsRecords ? incarnation(of: snapshot, ledger) : 0, partition)
    guard let parent, let from = index(parent, partition, ledger) else { return [begin < to ? [begin..<to] : []] }
    guard from < begin else {
      var whole = from < to ? [from..<to] : []
      for skip in parent.skips where skip.partition == partition && !skip.isElsewhere && countsRecords {
        let (first, last) = (begin + Int(skip.from), begin &+ Int(min(skip.to, 1 << 40)))
        whole = whole.flatMap { [$0.clamped(to: Int.min..<first), $0.clamped(to: last..<Int.max)] }
      }
      return [whole.filter { !$0.isEmpty }]
    }
    let new = begin < to ? [begin..<to] : []
    return [new, [from..<begin] + new]
  }

  /// How many of a partition's records, in the ledger's order, lie before a snapshot's position.
  func index(_ snapshot: Snapshot, _ partition: Int32, _ ledger: Ledger) -> Int? {
    guard let position = snapshot.partitions[partition] else { return nil }
    if let last = position.last {
      guard let place = ledger.place(of: last.checksum), place.partition == partition else { return nil }
      return place.index + 1
    }
    // A file's position without a last record is its beginning, as far as these runs go.
    guard countsRecords else { return position.next == 0 ? 0 : nil }
    return ledger.start(of: incarnation(of: snapshot, ledger), partition) + Int(position.next)
  }

  private func incarnation(of snapshot: Snapshot, _ ledger: Ledger) -> Int {
    for partition in snapshot.partitions.values {
      if let last = partition.last, let place = ledger.place(of: last.checksum),
        let entry = ledger.entry(place.partition, place.index)
      {
        return entry.incarnation
      }
    }
    // Before any record of the topic nothing tells which one it was: it stands where its target stood.
    if let rollback = snapshot.rollback, !rollback.isKeep, let target = snapshots[rollback.target] {
      return incarnation(of: target, ledger)
    }
    return snapshot.incarnation
  }

  private static func parse(_ json: JSON, incarnation: Int) throws -> Snapshot {
    func skips(_ json: JSON) throws -> [Snapshot.Skip] {
      guard json.isPresent else { return [] }
      return try json.elements.map {
        // The greatest number, for all that follow, is none of Double's.
        try .init(
          partition: Int32($0["partition"].number), from: Int64(exactly: $0["from"].number) ?? .max,
          to: Int64(exactly: $0["to"].number) ?? .max, isElsewhere: $0["identity"].isPresent)
      }
    }
    var partitions: [Int32: Snapshot.Partition] = [:]
    if json["position"].isPresent {
      for partition in try json["position.partitions"].elements {
        let last = partition["last_record"]
        partitions[Int32(try partition["partition"].number)] = Snapshot.Partition(
          next: Int64(try partition["next_offset"].number), learned: Int(try partition["records_learned"].number),
          sum: UInt64(try partition["checksum_sum"].text, radix: 16) ?? 0,
          last: last.isPresent
            ? (Int64(try last["offset"].number), UInt64(try last["checksum"].text, radix: 16) ?? 0) : nil)
      }
    }
    let back = json["rollback"]
    return Snapshot(
      id: Int(try json["id"].number), parent: json["parent"].isPresent ? Int(try json["parent"].number) : nil,
      reason: try json["reason"].text, partitions: partitions,
      rollback: back.isPresent
        ? (Int(try back["to"].number), try back["mode"].text == "keep", try skips(back["skipped"])) : nil,
      skips: try skips(json["skips"]), incarnation: incarnation)
  }
}
