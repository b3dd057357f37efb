import DurableFiles

/// The segments of an order journal, for reading: also beside the process that writes it.
public struct JournalSegments: Sendable {
  let directory: String
  let numbers: [UInt64]

  init(directory: String, numbers: [UInt64]) {
    self.directory = directory
    self.numbers = numbers
  }

  /// Lists the segments in a directory; none where it is not there.
  public init(directory: String) {
    let names = (try? DirectoryHandle.names(in: directory)) ?? []
    self.init(directory: directory, numbers: names.compactMap(JournalSegment.number).sorted())
  }

  /// Whether the runs after a place are still there, as far as there were any: a start from a snapshot with this mark
  /// learns in the same order as before.
  public func hold(_ mark: JournalMark) throws(JournalProblem) -> Bool {
    guard let first = numbers.first else { return false }
    if mark.segment >= first { return true }
    guard mark.branch != nil else { return false }
    return try place(of: mark) != nil
  }

  /// The place that a mark means: the beginning of the line, where it names one. Nil where that was not begun, or is no
  /// longer there.
  func place(of mark: JournalMark) throws(JournalProblem) -> JournalMark? {
    guard let branch = mark.branch else { return mark }
    for number in numbers.reversed() where number > mark.segment {
      if try header(of: number)?.branch == branch { return JournalMark(segment: number, records: 0) }
    }
    return nil
  }

  /// What a segment goes on from; nil where its header cannot be read.
  private func header(of number: UInt64) throws(JournalProblem) -> JournalMark? {
    struct IsRead: Error {}
    var mark: JournalMark?
    do {
      _ = try AppendLogReader.read(JournalSegment.path(number, in: directory)) { record, _ in
        mark = JournalSegment.previous(fromHeader: record)
        throw IsRead()
      }
    } catch let problem as FileProblem where problem.kind != .missing {
      throw .file(problem)
    } catch {
      // The header was read, or the segment has just been removed.
    }
    return mark
  }
}
