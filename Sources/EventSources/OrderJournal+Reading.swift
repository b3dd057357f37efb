import DurableFiles

extension OrderJournal {
  /// The runs from a place to the end of a segment; nil where they are not on one line, or no longer there.
  func way(from mark: JournalMark, to last: UInt64, _ visited: inout Set<UInt64>) throws(JournalProblem)
    -> (pieces: [ReplayCursor.Piece], records: UInt64)?
  {
    var pieces: [ReplayCursor.Piece] = []
    var number = last
    var end: UInt64?
    var records: UInt64 = 0
    while true {
      visited.insert(number)
      // Nothing of the mark's own segment is wanted, which may be gone.
      if number == mark.segment, let end, end == mark.records { return (pieces.reversed(), records) }
      if number < numbers.first ?? 0 { return nil }
      let content = try read(number)
      if end == nil { records = content.records }
      let wanted = end ?? content.records
      guard content.records >= wanted else {
        throw .damaged(
          path: JournalSegment.path(number, in: directory),
          detail: "\(content.records) records where \(wanted) were counted")
      }
      let start = number == mark.segment ? mark.records : 0
      guard start <= wanted else { return nil }
      let runs = Self.cut(content.runs, start..<wanted, withJumpsAtEnd: number == last)
      pieces.append(ReplayCursor.Piece(segment: number, runs: runs, start: start))
      if number == mark.segment { return (pieces.reversed(), records) }
      guard let previous = content.previous, previous.segment < number, previous.segment >= mark.segment else {
        return nil
      }
      number = previous.segment
      end = previous.records
    }
  }

  private func read(_ number: UInt64) throws(JournalProblem) -> JournalSegmentContent {
    let path = JournalSegment.path(number, in: directory)
    var content = JournalSegmentContent()
    do {
      _ = try AppendLogReader.read(path) { content.add($0, $1) }
    } catch let problem as FileProblem {
      throw problem.kind == .missing ? .damaged(path: path, detail: "the segment is gone") : .file(problem)
    } catch {
      throw .damaged(path: path, detail: "\(error)")
    }
    return content
  }

  /// The runs that hold the records of a range, the first and last cut where the range cuts them.
  ///
  /// A run cut at its end ends at an offset that nobody noted: -1.
  static func cut(_ runs: [JournalRun], _ range: Range<UInt64>, withJumpsAtEnd: Bool) -> [JournalRun] {
    var result: [JournalRun] = []
    var place: UInt64 = 0
    for run in runs {
      let begin = max(place, range.lowerBound)
      let end = min(place &+ UInt64(run.count), range.upperBound)
      if run.count == 0 {
        if range.contains(place) || (withJumpsAtEnd && place == range.upperBound) { result.append(run) }
      } else if begin < end {
        let isCut = end < place &+ UInt64(run.count)
        result.append(
          JournalRun(
            partition: run.partition, nextOffset: isCut ? -1 : run.nextOffset, count: UInt32(clamping: end &- begin)))
      }
      place &+= UInt64(run.count)
    }
    return result
  }
}
