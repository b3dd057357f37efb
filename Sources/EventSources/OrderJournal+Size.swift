import DurableFiles

/// How long the order journal is, and what of it may go.
extension OrderJournal {
  /// How many bytes all segments have.
  public var size: UInt64 { closedBytes.values.reduce(head.length, &+) }

  /// Removes the segments that no way from `oldest` to the newest place needs: `oldest` is the earliest mark of all
  /// snapshots that are kept.
  public func remove(before oldest: JournalMark) throws(JournalProblem) {
    for number in numbers where number < oldest.segment && number != headNumber { try remove(number) }
  }

  /// Removes the oldest segments until all have no more bytes than `sizeLimit`; never one that a start at `needed`, the
  /// mark of the current snapshot, needs.
  ///
  /// - Returns: whether any was removed.
  public func trim(keeping needed: JournalMark) throws(JournalProblem) -> Bool {
    guard let sizeLimit, size > sizeLimit, let place = try place(of: needed) else { return false }
    var isTrimmed = false
    for number in numbers where number < place.segment && number != headNumber && size > sizeLimit {
      try remove(number)
      isTrimmed = true
    }
    return isTrimmed
  }

  /// Whether the runs after a place are still there, as far as there were any.
  public func holds(_ mark: JournalMark) throws(JournalProblem) -> Bool {
    try JournalSegments(directory: directory, numbers: numbers).hold(mark)
  }

  private func remove(_ number: UInt64) throws(JournalProblem) {
    try Self.file { () throws(FileProblem) in
      try DirectoryHandle.remove(JournalSegment.path(number, in: directory))
      // In this order: a segment missing between others is damage.
      try DirectoryHandle.sync(directory)
    }
    numbers.removeAll { $0 == number }
    closedBytes[number] = nil
  }

  static func length(_ number: UInt64, in directory: String) throws(JournalProblem) -> UInt64 {
    var length: UInt64 = 0
    try file { () throws(FileProblem) in
      length = try OpenFile(JournalSegment.path(number, in: directory), .read).size()
    }
    return length
  }
}
