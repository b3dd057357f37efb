/// The scores of the window that is open, kept until it ends for its exact AUC. Nothing is allocated after the start.
///
/// An event is one 64-bit word: the score in the upper half, its bits so turned that unsigned order is the order of the
/// scores, and in the lower half the weight, negative for a negative event (the sign of zero counts too).
struct WindowScores: Sendable {
  private var words: [UInt64]
  private var sorted: [UInt64]
  private var counts: [Int32]
  private(set) var count = 0

  init(capacity: Int) {
    words = Array(repeating: 0, count: capacity)
    sorted = Array(repeating: 0, count: capacity)
    counts = Array(repeating: 0, count: WindowScores.passes * WindowScores.digits)
  }

  var isFull: Bool { count == words.count }

  /// Adds an event; `raw` must be finite and there must be room.
  mutating func add(raw: Float, positive: Bool, weight: Float) {
    let magnitude = weight.magnitude
    words[count] =
      UInt64(WindowScores.ordered(raw)) << 32 | UInt64((positive ? magnitude : -magnitude).bitPattern)
    count += 1
  }

  mutating func removeAll() {
    count = 0
  }

  /// The exact area under the curve, ties counting half; nil with one class. Leaves the events in the order of their
  /// scores.
  mutating func auc() -> Double? {
    sort()
    var sum = AUCSum()
    var index = 0
    while index < count {
      let score = words[index] >> 32
      var positive = 0.0
      var negative = 0.0
      while index < count, words[index] >> 32 == score {
        let weight = WindowScores.weight(words[index])
        if weight.sign == .plus {
          positive += Double(weight)
        } else {
          negative -= Double(weight)
        }
        index += 1
      }
      sum.addTies(positive: positive, negative: negative)
    }
    return sum.area
  }

  /// The events in their order: raw scores, and weights that are negative for negative events.
  var saved: (raw: [Float], weight: [Float]) {
    (
      words.prefix(count).map { WindowScores.score(UInt32($0 >> 32)) }, words.prefix(count).map(WindowScores.weight)
    )
  }

  /// A stable radix sort by the score, 11 bits at a time: 3 passes over two buffers that exist already.
  private mutating func sort() {
    let count = count
    let digits = WindowScores.digits
    for digit in counts.indices { counts[digit] = 0 }
    counts.withUnsafeMutableBufferPointer { counts in
      for word in words[..<count] {
        for pass in 0..<WindowScores.passes { counts[pass * digits + WindowScores.digit(word, pass)] += 1 }
      }
      for pass in 0..<WindowScores.passes {
        var start: Int32 = 0
        for digit in pass * digits..<(pass + 1) * digits {
          let next = start + counts[digit]
          counts[digit] = start
          start = next
        }
        words.withUnsafeBufferPointer { words in
          sorted.withUnsafeMutableBufferPointer { sorted in
            for word in words[..<count] {
              let digit = pass * digits + WindowScores.digit(word, pass)
              sorted[Int(counts[digit])] = word
              counts[digit] += 1
            }
          }
        }
        swap(&words, &sorted)
      }
    }
  }

  private static let passes = 3
  private static let digits = 2048

  @inline(__always)
  private static func digit(_ word: UInt64, _ pass: Int) -> Int {
    Int(truncatingIfNeeded: word >> UInt64(32 + 11 * pass)) & (digits - 1)
  }

  /// The bits of a score in an order that unsigned comparison keeps; -0 becomes 0, so that the two tie.
  private static func ordered(_ raw: Float) -> UInt32 {
    let bits = (raw + 0).bitPattern
    return bits >> 31 == 1 ? ~bits : bits | 0x8000_0000
  }

  private static func score(_ ordered: UInt32) -> Float {
    Float(bitPattern: ordered >> 31 == 1 ? ordered & 0x7fff_ffff : ~ordered)
  }

  private static func weight(_ word: UInt64) -> Float {
    Float(bitPattern: UInt32(truncatingIfNeeded: word))
  }
}
