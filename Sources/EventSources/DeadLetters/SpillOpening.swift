import DurableFiles
import Glibc

/// What opening the files of dead letters finds: what waits in them, and what is wrong, told in a sentence each.
///
/// A file that cannot be read costs what it holds and never the start: the records are in the quarantine file. Its number
/// is given to no other, since a mark or a snapshot may name places in it.
struct SpillOpening {
  /// What waits.
  private(set) var state = SpillState()
  /// The number of the next segment: no file that is there, and no mark, has named it.
  private(set) var nextNumber: UInt64

  private let notify: (SourceNotice) -> Void

  init(_ directory: String, _ notify: @escaping (SourceNotice) -> Void) throws(FileProblem) {
    self.notify = notify
    let mark = SpillMark.read(in: directory)
    state.mark = mark?.place ?? SpillPlace()
    state.isDropping = mark?.isDropping ?? false
    let names = try DirectoryHandle.names(in: directory)
    let used = names.compactMap { SpillFormat.number($0) ?? SpillFormat.numberSetAside($0) }.max()
    nextNumber = SpillFormat.number(after: max(used ?? 0, state.mark.segment))
    let numbers = names.compactMap(SpillFormat.number(_:)).sorted()
    for number in numbers {
      let path = directory + "/" + SpillFormat.name(number)
      do throws(FileProblem) {
        if let segment = try open(path, number, isNewest: number == numbers.last) { state.segments.append(segment) }
      } catch {
        guard error.code == EIO || error.code == EISDIR else { throw error }
        try setAside(path, "\(error)")
      }
    }
  }

  /// Opens a segment and counts what is in it; nil where that is nothing, and the file is not there any more.
  private func open(_ path: String, _ number: UInt64, isNewest: Bool) throws(FileProblem) -> SpillSegment? {
    let file = try OpenFile(path, .update)
    let size = try file.size()
    var segment = SpillSegment(
      number: number, file: file, length: SpillFormat.magicSize, entries: 0, durableLength: 0, durableEntries: 0)
    let reader = SpillReader()
    guard try SpillReader.beginsWithMagic(file) else {
      // Also where it was to hold something that no disk had yet.
      var isEmpty = size <= SpillFormat.magicSize
      if isNewest, !isEmpty { isEmpty = try reader.isUnwritten(file, in: 0..<SpillFormat.magicSize, before: size) }
      if isEmpty {
        try DirectoryHandle.remove(path)
      } else {
        try setAside(path, "\(path) does not begin as a file of dead letters does")
      }
      return nil
    }
    scan: while true {
      switch try reader.entry(of: file, at: segment.length, length: size) {
      case .entry(_, let next):
        segment.length = next
        segment.entries += 1
      case .end: break scan
      case .damage(let range):
        // What a power loss took of the newest file no snapshot names; where one does, `cut` misses it.
        if isNewest, try reader.isUnwritten(file, in: range, before: size) { break scan }
        notify(
          SourceNotice(
            .error,
            "dead letters in \(path) are damaged from byte \(segment.length) on, and lost; their records are in the "
              + "quarantine file"))
        break scan
      }
    }
    if segment.entries == 0 {
      try DirectoryHandle.remove(path)
      return nil
    }
    if segment.length < size { try file.truncate(to: segment.length) }
    return segment
  }

  private func setAside(_ path: String, _ reason: String) throws(FileProblem) {
    let aside = path + SpillFormat.damagedSuffix
    try DirectoryHandle.remove(aside)
    try DirectoryHandle.rename(path, to: aside)
    try DirectoryHandle.sync(DirectoryHandle.parent(of: path))
    notify(
      SourceNotice(
        .error,
        "\(reason): it was set aside as \(aside), and what of it was not delivered is not sent; the records are in the "
          + "quarantine file"))
  }
}
