import DurableFiles

/// Where lines of the order journal begin and go on.
extension OrderJournal {
  /// Goes on after a place: gives the runs that follow it, to be replayed.
  ///
  /// Appending the same records again then writes nothing, it only moves `mark`; appending others makes a branch.
  ///
  /// Where the mark names a line that a crash kept from being begun, it is begun now. Where the newest line was begun by
  /// an older version for a rollback that a crash kept from taking effect, the line that the place is on is the newest
  /// again: a new segment goes on from its end.
  ///
  /// - Parameters:
  ///   - mark: the place.
  ///   - position: where a line that is begun now goes on in each partition.
  /// - Throws: `notOnLine` where no line leads on from the mark; `branch` then makes a new one.
  public func resume(after mark: JournalMark, at position: SourcePosition? = nil) throws(JournalProblem)
    -> [JournalRun]
  {
    try flush()
    replay = ReplayCursor()
    let mark = try begun(mark, at: position)
    var visited: Set<UInt64> = []
    for end in numbers.reversed() where end >= mark.segment {
      // A segment on a way that missed the mark is on no other way to it, but for the mark's own.
      if visited.contains(end), end != mark.segment { continue }
      guard let way = try way(from: mark, to: end, &visited) else { continue }
      if end != headNumber {
        try makeHead(after: JournalMark(segment: end, records: way.records))
        // Jumps at the end of a segment belong to what comes after.
        for jump in way.pieces.last?.jumpsAtEnd ?? [] { append(jump) }
        try sync()
      }
      replay = ReplayCursor(pieces: way.pieces)
      return replay.runs
    }
    throw .notOnLine(mark)
  }

  /// Begins a new line after a place: an order that cannot be replayed.
  ///
  /// Durable when it returns. `position` says where the new line goes on in each partition.
  public func branch(after mark: JournalMark, at position: SourcePosition?) throws(JournalProblem) {
    try sync()
    replay = ReplayCursor()
    let mark = try begun(mark, at: position)
    try makeHead(after: mark)
    try appendJumps(to: position)
  }

  /// Names the line that a rollback will begin after a place; writes nothing.
  ///
  /// The mark is for the rollback's snapshot. `begin` makes the line when that is durable, or the next start does.
  public func nameBranch(after mark: JournalMark) throws(JournalProblem) -> JournalMark {
    var named = try place(of: mark) ?? mark.withoutBranch
    named.branch = JournalMark.drawnName()
    return named
  }

  /// Begins the line that a rollback named, since it took effect; durable when it returns. What was appended on the line
  /// that is left, and could not be written, is given up.
  ///
  /// - Parameters:
  ///   - mark: the rollback's.
  ///   - position: where the line goes on in each partition, which is not where the place was if the rollback kept its
  ///     position.
  public func begin(_ mark: JournalMark, at position: SourcePosition?) throws(JournalProblem) {
    try? flush()
    dropUnwritten()
    replay = ReplayCursor()
    _ = try begun(mark, at: position)
  }

  /// The place that a mark means, after its line was begun where it names one that is not there.
  private func begun(_ mark: JournalMark, at position: SourcePosition?) throws(JournalProblem) -> JournalMark {
    if let place = try place(of: mark) {
      // A crash may have come before the jumps.
      let isBare = mark.branch != nil && place.segment == headNumber && head.records == 1
      if isBare { try appendJumps(to: position) }
      return place
    }
    try makeHead(after: mark)
    try appendJumps(to: position)
    return JournalMark(segment: headNumber, records: 0)
  }

  /// The place that a mark means: the beginning of the line, where it names one. Nil where that was not begun, or is no
  /// longer there.
  func place(of mark: JournalMark) throws(JournalProblem) -> JournalMark? {
    try JournalSegments(directory: directory, numbers: numbers).place(of: mark)
  }
}
