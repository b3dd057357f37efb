/// How far a replay of the order journal has come.
struct ReplayCursor {
  /// The runs of one segment that are on the way.
  struct Piece {
    var segment: UInt64
    var runs: [JournalRun]
    /// How many of the segment's records lie before the first run.
    var start: UInt64

    /// The jumps after the last record.
    var jumpsAtEnd: [JournalRun] {
      Array(runs[(runs.lastIndex { $0.count > 0 }.map { $0 + 1 } ?? 0)...])
    }
  }

  private var pieces: [Piece] = []
  private var piece = 0
  private var run = 0
  private var doneOfRun: UInt32 = 0
  private var doneOfPiece: UInt64 = 0

  init() {}

  init(pieces: [Piece]) {
    self.pieces = pieces
    skipWhatIsDone()
  }

  /// Whether records are still to be replayed.
  var isActive: Bool { piece < pieces.count }

  /// All runs, from the first on.
  var runs: [JournalRun] { pieces.flatMap(\.runs).withoutOverriddenJumps }

  /// The place reached, while there is more to come.
  var mark: JournalMark? {
    guard isActive else { return nil }
    return JournalMark(segment: pieces[piece].segment, records: pieces[piece].start &+ doneOfPiece)
  }

  /// Moves over records that were replayed; false, and unmoved, where they are not those that come next.
  mutating func advance(over given: JournalRun) -> Bool {
    var next = self
    var rest = given.count
    while rest > 0 {
      guard next.isActive else { return false }
      let expected = next.pieces[next.piece].runs[next.run]
      guard expected.partition == given.partition else { return false }
      let taken = min(rest, expected.count - next.doneOfRun)
      rest -= taken
      next.doneOfRun += taken
      next.doneOfPiece &+= UInt64(taken)
      let isEndOfRun = next.doneOfRun == expected.count
      if rest == 0 && isEndOfRun && expected.nextOffset >= 0 && expected.nextOffset != given.nextOffset {
        return false
      }
      if isEndOfRun {
        next.run += 1
        next.doneOfRun = 0
      }
      next.skipWhatIsDone()
    }
    self = next
    return true
  }

  /// Steps over jumps, which nobody appends again, and over pieces that are through.
  private mutating func skipWhatIsDone() {
    while piece < pieces.count {
      if run == pieces[piece].runs.count {
        piece += 1
        run = 0
        doneOfPiece = 0
      } else if pieces[piece].runs[run].count == 0 {
        run += 1
      } else {
        return
      }
    }
  }
}
