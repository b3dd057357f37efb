import DurableFiles
import Glibc
import Threads

/// The bounded files that dead letters wait in until they are delivered: the learner's side, which only adds.
///
/// An entry is one write, which waits for no broker and no disk; a snapshot syncs what it names. At the bound the oldest
/// file goes, with what of it was not delivered. One thread uses a spill; the sender looks at `state` beside it.
final class DeadLetterSpill {
  let directory: String

  /// What the sender looks at too.
  let state: Monitor<SpillState>

  /// Where the entries end: the place that a snapshot keeps.
  private(set) var end: SpillPlace

  private let limit: UInt64
  private let segmentLimit: UInt64
  /// The number of the next segment: no segment, mark or snapshot has named it.
  private var nextNumber: UInt64
  /// Whether the next entry begins a segment, since what followed the last one was cut off.
  private var beginsAnew: Bool
  private var buffer: [UInt8] = []
  /// How many entries could not be read back after a sync that failed; they count as dropped too.
  private(set) var lostToDisk: UInt64 = 0
  /// What the last snapshot syncs: the ends of segments at its moment.
  private var captured: [SpillPlace] = []
  /// The segments of which a sync failed: what of them is not known to be on the disk may be lost, whatever a later sync
  /// says.
  private var doubtful: Set<UInt64> = []

  private static let mostSegments = 1000

  /// Opens the spill, or makes it. What a crash cut short is taken off.
  ///
  /// - Parameters:
  ///   - directory: where its files are; made where it is not there.
  ///   - limit: how many bytes the files together may have.
  ///   - notify: told what of it is damaged.
  init(
    directory: String, limit: UInt64, notify: @escaping (SourceNotice) -> Void
  ) throws(FileProblem) {
    self.directory = directory
    self.limit = max(4096, limit)
    segmentLimit = max(512, self.limit / 8)
    try DirectoryHandle.create(directory)
    let opening = try SpillOpening(directory, notify)
    let opened = opening.state
    nextNumber = opening.nextNumber
    end = opened.segments.last?.end ?? opened.mark
    // A power loss may take entries that were delivered: what comes now must not stand where they did.
    beginsAnew = opened.segments.isEmpty || opened.mark > end
    end = max(end, opened.mark)
    state = Monitor(opened)
  }

  /// Adds an entry. At the bound, and where it fits nowhere, entries are dropped and counted.
  func add(key: String, reason: String, detail: String, value: UnsafeRawBufferPointer) throws(FileProblem) {
    let size = UInt64(
      DeadLetterEntry.size(
        key: key.utf8.count, reason: reason.utf8.count, detail: detail.utf8.count, value: value.count))
    guard size <= limit / 2, value.count < DeadLetterEntry.maximumContent / 2 else {
      return state.update { $0.drop(1) }
    }
    try beginIfNeeded(for: size)
    makeRoom(for: size)
    try append(key: key, reason: reason, detail: detail, value: value)
  }

  private func append(
    key: String, reason: String, detail: String, value: UnsafeRawBufferPointer
  ) throws(FileProblem) {
    guard let file = state.read({ $0.segments.last?.file }) else { return }
    DeadLetterEntry.write(key: key, reason: reason, detail: detail, value: value, at: end.offset, into: &buffer)
    try file.write(buffer, at: end.offset)
    end.offset += UInt64(buffer.count)
    if buffer.capacity > 1 << 20 { buffer = [] }
    end.entries += 1
    let end = end
    let wakes = state.read { state -> Bool in
      guard let last = state.segments.indices.last else { return false }
      state.segments[last].length = end.offset
      state.segments[last].entries = end.entries
      return state.senderWaits
    }
    if wakes { state.update { $0.senderWaits = false } }
  }

  /// Takes back the entries after a place that a snapshot kept: their records will be read, and added, again.
  ///
  /// - Returns: how many entries before the place are missing, which were on the disk once and are counted as dropped.
  @discardableResult
  func cut(after place: SpillPlace) -> UInt64 {
    nextNumber = max(nextNumber, SpillFormat.number(after: place.segment))
    guard place != end else { return 0 }
    let (removed, shortened, missing) = state.update { state in
      let missing = state.missing(before: place)
      state.drop(missing)
      let cut = state.cut(after: place)
      return (cut.removed, cut.shortened, missing)
    }
    beginsAnew = true
    end = place
    for segment in removed { try? DirectoryHandle.remove(segment.file.path) }
    if let shortened { try? shortened.file.truncate(to: shortened.length) }
    return missing
  }

  // MARK: Syncing

  /// The files that must be synced before a snapshot names `end`; any thread may do it.
  ///
  /// - Throws: where a sync failed before, and what it was for cannot be written anew: then nothing may name `end`.
  func filesToSync() throws(FileProblem) -> [OpenFile] {
    captured = []
    try renewDoubtful()
    let unsynced = state.read { state in state.segments.filter { $0.durableLength < $0.length } }
    captured = unsynced.map(\.end)
    return unsynced.map(\.file)
  }

  /// What `filesToSync` gave is on the disk.
  func noteSynced() {
    let captured = captured
    state.update { state in
      for place in captured {
        guard let index = state.segments.firstIndex(where: { $0.number == place.segment }),
          state.segments[index].length >= place.offset
        else { continue }
        state.segments[index].durableLength = place.offset
        state.segments[index].durableEntries = place.entries
      }
    }
  }

  /// What `filesToSync` gave could not be synced: what is not known to be on the disk is written into a new file, now or,
  /// where that fails, before the next sync.
  func noteSyncFailed() throws(FileProblem) {
    guard !captured.isEmpty else { return }
    doubtful.formUnion(captured.map(\.segment))
    captured = []
    // What is added from here on has nothing to do with the failed sync.
    beginsAnew = true
    try renewDoubtful()
  }

  private func renewDoubtful() throws(FileProblem) {
    guard !doubtful.isEmpty else { return }
    let doubtful = doubtful
    let suspects = state.read { state in state.segments.filter { doubtful.contains($0.number) } }
    let before = end
    var lost: UInt64 = 0
    do throws(FileProblem) {
      // Also where nothing is to be copied: a snapshot must not name a place that is taken off here.
      if beginsAnew { try begin() }
      let reader = SpillReader()
      for suspect in suspects { lost += try copy(suspect, reader) }
    } catch {
      // The next attempt copies all of it again.
      cut(after: before)
      throw error
    }
    lostToDisk &+= lost
    state.update { state in
      state.drop(lost)
      for suspect in suspects { state.keepDurable(suspect.number) }
    }
    self.doubtful = []
    for suspect in suspects {
      // Where this fails, a restart finds entries that it sends again.
      if suspect.durableEntries == 0 {
        try? DirectoryHandle.remove(suspect.file.path)
      } else {
        try? suspect.file.truncate(to: suspect.durableLength)
      }
    }
    makeRoom(for: 0)
  }

  /// Adds again what of a segment is neither known to be on the disk nor delivered, beyond the bound for as long as both
  /// are there.
  ///
  /// - Returns: how many entries cannot be read back as they were written.
  private func copy(_ suspect: SpillSegment, _ reader: SpillReader) throws(FileProblem) -> UInt64 {
    let mark = state.read { $0.mark }
    let durable = SpillPlace(segment: suspect.number, offset: suspect.durableLength, entries: suspect.durableEntries)
    var place = max(durable, mark)
    guard place.segment == suspect.number else { return 0 }
    // Of a file of which nothing was ever synced.
    place.offset = max(place.offset, SpillFormat.magicSize)
    while place.offset < suspect.length {
      let found: SpillReader.Found
      do throws(FileProblem) {
        found = try reader.entry(of: suspect.file, at: place.offset, length: suspect.length)
      } catch {
        // What the disk does not give back now it will not give back later: to wait for it would end all snapshots.
        guard error.code == EIO else { throw error }
        break
      }
      guard case .entry(let entry, let next) = found else { break }
      try beginIfNeeded(for: next - place.offset)
      try append(
        key: String(decoding: entry.key, as: UTF8.self), reason: entry.reason, detail: entry.detail, value: entry.value)
      place.offset = next
      place.entries &+= 1
    }
    return suspect.entries - min(suspect.entries, place.entries)
  }

  // MARK: Files

  private func beginIfNeeded(for size: UInt64) throws(FileProblem) {
    if beginsAnew || (end.entries > 0 && end.offset + size > segmentLimit) { try begin() }
  }

  /// Begins the next segment.
  private func begin() throws(FileProblem) {
    let number = nextNumber
    guard number <= SpillFormat.lastNumber else {
      throw FileProblem(
        .damaged, operation: "begin a file in", path: directory,
        detail: "a file there, or a snapshot, has the last number that there is; move the directory away, and restart")
    }
    nextNumber = SpillFormat.number(after: number)
    let file = try OpenFile(directory + "/" + SpillFormat.name(number), .replace)
    try file.write(SpillFormat.magic, at: 0)
    let segment = SpillSegment(
      number: number, file: file, length: SpillFormat.magicSize, entries: 0, durableLength: 0, durableEntries: 0)
    state.update { $0.segments.append(segment) }
    end = segment.end
    beginsAnew = false
  }

  /// Drops the oldest files until so many bytes fit beside the others.
  private func makeRoom(for size: UInt64) {
    let limit = limit
    let dropped = state.read { state -> [SpillSegment] in
      var dropped: [SpillSegment] = []
      while state.segments.count > 1,
        state.bytes + size > limit || state.segments.count > DeadLetterSpill.mostSegments
      {
        dropped.append(state.dropOldest())
      }
      return dropped
    }
    for segment in dropped { try? DirectoryHandle.remove(segment.file.path) }
  }
}
