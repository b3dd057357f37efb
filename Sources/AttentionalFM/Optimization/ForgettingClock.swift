/// The clock by which a model forgets: the greatest event time seen, in steps of 1/1024 of a half-life.
///
/// A feature's row keeps no time of its own. It says at which 1,024 events it was learned last (last-seen), and the clock
/// keeps when each such block of events began, as far as blocks began at different steps: so a row's time costs no
/// memory, is in every snapshot, old ones too, and moves with the row into a table of any size. What a row forgets is by
/// that grown in steps of at least 1,024 events, and in all it is exact: from the beginning of one block to that of
/// another.
///
/// All of it is a function of the events that came, in integers: the same bits on every machine.
struct ForgettingClock: Sendable, Equatable {
  /// Steps in a half-life.
  static let steps: Int64 = 1024
  /// How many half-lives are told apart; what is older has forgotten all by any measure.
  static let halfLives: Int64 = 32

  /// A block of 1,024 events, and the step at which it began.
  struct Beginning: Sendable, Equatable {
    var block: UInt32
    var step: Int64
  }

  let halfLife: Int64

  /// The greatest event time seen, milliseconds since 1970; nil before the first.
  private(set) var time: Int64?

  /// The step of that time.
  private(set) var step: Int64 = 0

  /// The step to which the dense sums have fallen back.
  private(set) var denseStep: Int64 = 0

  /// The last block that began; nil before the first event that had a time.
  private(set) var block: UInt32?

  /// The blocks that began at another step than the one before, rising.
  private(set) var beginnings: [Beginning] = []

  /// Starts before the first event.
  init(halfLifeMilliseconds: Int64) {
    halfLife = max(1, halfLifeMilliseconds)
    beginnings.reserveCapacity(ForgettingClock.mostBeginnings + 1)
  }

  private static let mostBeginnings = Int(2 * halfLives * steps)

  /// The bytes that it takes at most.
  static let bytes = UInt64((mostBeginnings + 1) * MemoryLayout<Beginning>.stride)

  /// Goes on to an event's time; never goes back.
  ///
  /// - Returns: how many steps the dense sums are to fall back now.
  mutating func advance(to eventTime: Int64) -> Int64 {
    if let time, eventTime <= time { return 0 }
    let isFirst = time == nil
    time = eventTime
    step = step(of: eventTime)
    defer { denseStep = step }
    return isFirst ? 0 : step - denseStep
  }

  /// The step of a time; times beyond some 140,000 years count as that.
  private func step(of time: Int64) -> Int64 {
    let bound: Int64 = 1 << 52
    let scaled = max(-bound, min(time, bound)) * ForgettingClock.steps
    let quotient = scaled / halfLife
    return scaled % halfLife < 0 ? quotient - 1 : quotient
  }

  /// Notes that an event of a block is to be learned now; only the first of a block matters.
  mutating func begin(block next: UInt32) {
    guard time != nil, next != block else { return }
    block = next
    if let last = beginnings.last, last.step >= step || last.block >= next { return }
    beginnings.append(Beginning(block: next, step: step))
    if beginnings.count > ForgettingClock.mostBeginnings { forgetOldest() }
  }

  /// Keeps the beginnings of the last half-lives, and one before them.
  private mutating func forgetOldest() {
    let oldest = step - ForgettingClock.halfLives * ForgettingClock.steps
    let first = beginnings.firstIndex { $0.step > oldest } ?? beginnings.count - 1
    beginnings.removeFirst(max(0, first - 1))
  }

  /// How many steps lie between the beginning of a block and that of the present one; blocks from before the clock
  /// began to run count as its first.
  func steps(since earlier: UInt32) -> Int64 {
    guard let last = beginnings.last, earlier < last.block else { return 0 }
    var (low, high) = (0, beginnings.count - 1)
    // The last beginning at or before the block.
    while low < high {
      let middle = (low + high + 1) / 2
      if beginnings[middle].block <= earlier { low = middle } else { high = middle - 1 }
    }
    return last.step - beginnings[low].step
  }

  /// `2^(-steps / 1024)`.
  static func share(after steps: Int64) -> Double {
    guard steps > 0 else { return 1 }
    let halvings = steps / ForgettingClock.steps
    guard halvings < 1000 else { return 0 }
    return shares[Int(steps % ForgettingClock.steps)]
      * Double(bitPattern: UInt64(1023 - halvings) << 52)
  }

  private static let shares: [Double] = (0..<Int(steps)).map {
    PortableMath.exp(-0.693147180559945309 * Double($0) / Double(steps))
  }
}

/// The state of the clock by which a model forgets, as plain numbers, for snapshots.
public struct ForgettingState: Equatable, Sendable {
  /// The half-life that the steps are 1/1024 of, milliseconds.
  public var halfLifeMilliseconds: Int64
  /// The greatest event time seen, milliseconds since 1970; nil before the first.
  public var time: Int64?
  /// The last block of 1,024 events that began; nil before the first.
  public var block: UInt32?
  /// The blocks that began at another step than the one before.
  public var blocks: [UInt32]
  /// The step at which each of them began.
  public var steps: [Int64]

  /// Makes a state of its parts.
  public init(halfLifeMilliseconds: Int64, time: Int64?, block: UInt32?, blocks: [UInt32], steps: [Int64]) {
    self.halfLifeMilliseconds = halfLifeMilliseconds
    self.time = time
    self.block = block
    self.blocks = blocks
    self.steps = steps
  }
}

extension ForgettingClock {
  /// Everything that later forgetting depends on.
  var state: ForgettingState {
    ForgettingState(
      halfLifeMilliseconds: halfLife, time: time, block: block, blocks: beginnings.map(\.block),
      steps: beginnings.map(\.step))
  }

  /// Goes on from a saved state, which may be one of another half-life; `self` is unchanged where that fails.
  ///
  /// - Throws: `notFinite` where the numbers contradict each other.
  mutating func restore(_ state: ForgettingState) throws(ModelProblem) {
    guard state.halfLifeMilliseconds > 0, state.blocks.count == state.steps.count,
      state.blocks.count <= ForgettingClock.mostBeginnings, (state.block == nil) == state.blocks.isEmpty,
      state.time != nil || state.blocks.isEmpty, (state.blocks.last ?? 0) <= state.block ?? 0,
      state.steps.allSatisfy({ $0.magnitude < 1 << 53 }),
      zip(state.blocks, state.blocks.dropFirst()).allSatisfy({ $0 < $1 }),
      zip(state.steps, state.steps.dropFirst()).allSatisfy({ $0 < $1 })
    else { throw .notFinite("forgetting") }
    var restored = ForgettingClock(halfLifeMilliseconds: halfLife)
    restored.block = state.block
    restored.time = state.time
    restored.step = state.time.map(restored.step(of:)) ?? 0
    restored.denseStep = restored.step
    for (block, step) in zip(state.blocks, state.steps) {
      let own =
        state.halfLifeMilliseconds == halfLife ? step : restored.converted(step, from: state.halfLifeMilliseconds)
      if let last = restored.beginnings.last, last.step >= own { continue }
      restored.beginnings.append(Beginning(block: block, step: own))
    }
    self = restored
  }

  /// A step of another half-life in steps of this one.
  private func converted(_ step: Int64, from other: Int64) -> Int64 {
    let (scaled, overflows) = step.multipliedReportingOverflow(by: other)
    return self.step(of: overflows ? (step < 0 ? .min : .max) : scaled / ForgettingClock.steps)
  }
}
