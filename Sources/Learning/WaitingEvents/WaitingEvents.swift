import Features

/// The events that wait for their labels, and the clock they wait by: the greatest event time seen so far.
///
/// They leave in the order of their label times, of equal ones in the order in which they came. How many there may be
/// is bounded, by number and by their features. Adding and removing allocates nothing once there were as many before.
struct WaitingEvents: Sendable {
  /// When an event's label is known, and where the event is kept.
  private struct Turn {
    var labelTime: Int64
    var number: UInt64
    var place: UInt32

    func isBefore(_ other: Turn) -> Bool {
      labelTime != other.labelTime ? labelTime < other.labelTime : number < other.number
    }
  }

  /// The features of an event for which there is room: with more on average, fewer events can wait.
  static let featuresEach = 16

  /// The bytes that one event with `featuresEach` features takes.
  static let bytesEach =
    MemoryLayout<WaitingEvent>.stride + MemoryLayout<Turn>.stride
    + featuresEach / FeatureBlock.size * MemoryLayout<FeatureBlock>.stride

  /// How many events may wait.
  let capacity: Int

  /// Whether the settings let events wait; if not, those that wait already still wait.
  let isWanted: Bool

  /// The greatest event time seen so far, milliseconds since 1970; nil before the first.
  var watermark: Int64?

  /// Events learned before their label's time, since there was no room.
  var early: UInt64 = 0

  /// Events learned at once, since they do not say when.
  var undated: UInt64 = 0

  /// How many events have ever waited: the number of the next one.
  var nextNumber: UInt64 = 0

  /// A binary heap: the event whose turn is next comes first.
  private var turns: [Turn] = []
  private var events = Slab<WaitingEvent>()
  private var blocks = Slab<FeatureBlock>()

  /// Starts with no event.
  init(isWanted: Bool, capacity: Int) {
    self.isWanted = isWanted
    self.capacity = max(1, capacity)
  }

  /// How many events wait.
  var count: Int { turns.count }

  /// Whether any event waits, or may have to.
  var isInUse: Bool { isWanted || !turns.isEmpty }

  /// The label time of the event whose turn is next.
  var nextLabelTime: Int64? { turns.first?.labelTime }

  /// Whether the label of the next event is known by now.
  var isNextDue: Bool {
    guard let next = turns.first, let watermark else { return false }
    return next.labelTime <= watermark
  }

  /// What an operator should know at a start; nil where nothing waits.
  ///
  /// - Parameter hasEventTimes: whether events tell their times, without which the clock stands still.
  func note(hasEventTimes: Bool) -> String? {
    if turns.isEmpty { return nil }
    var note = "\(turns.count) events wait for their labels, each until the time that it was given when it came"
    if !isWanted {
      note += "; events that come now do not wait, since learning.label_delay and schema.label.time are not set"
    }
    if !hasEventTimes {
      note += "; they wait until schema.time.path is set again, since no event tells the time"
    }
    return note
  }

  /// Lets the clock go on to an event's time; it never goes back.
  mutating func advance(to eventTime: Int64) {
    watermark = max(watermark ?? eventTime, eventTime)
  }

  /// Whether an event with so many features can be added.
  func hasRoom(features: Int) -> Bool {
    turns.count < capacity
      && blocks.used + WaitingEvents.blockCount(features) <= capacity * (WaitingEvents.featuresEach / FeatureBlock.size)
  }

  /// Adds an event that came just now.
  mutating func insert(_ event: WaitingEvent, _ features: UnsafeBufferPointer<Feature>, labelTime: Int64) {
    insert(event, features, labelTime: labelTime, number: nextNumber)
    nextNumber &+= 1
  }

  /// Adds an event that came as the one with a number.
  mutating func insert(
    _ event: WaitingEvent, _ features: UnsafeBufferPointer<Feature>, labelTime: Int64, number: UInt64
  ) {
    let place = events.take()
    var event = event
    event.featureCount = UInt32(truncatingIfNeeded: features.count)
    event.link = store(features)
    events[place] = event
    turns.append(Turn(labelTime: labelTime, number: number, place: place))
    siftUp(turns.count - 1)
  }

  /// Takes the next event out and puts its features into a list, which is emptied first; nil where none waits.
  mutating func removeNext(into features: inout [Feature]) -> WaitingEvent? {
    guard let next = turns.first else { return nil }
    let last = turns.removeLast()
    if !turns.isEmpty {
      turns[0] = last
      siftDown()
    }
    let event = events[next.place]
    events.giveBack(next.place)
    features.removeAll(keepingCapacity: true)
    append(featuresOf: event, to: &features)
    var block = event.link
    while block != Slab<FeatureBlock>.nowhere {
      let following = blocks[block].link
      blocks.giveBack(block)
      block = following
    }
    return event
  }

  /// Calls a closure with every event that waits, in their order; a cold path.
  func forEach(_ body: (_ event: WaitingEvent, _ features: [Feature], _ labelTime: Int64, _ number: UInt64) -> Void) {
    var features: [Feature] = []
    for turn in turns.sorted(by: { $0.isBefore($1) }) {
      let event = events[turn.place]
      features.removeAll(keepingCapacity: true)
      append(featuresOf: event, to: &features)
      body(event, features, turn.labelTime, turn.number)
    }
  }

  private static func blockCount(_ features: Int) -> Int {
    (features + FeatureBlock.size - 1) / FeatureBlock.size
  }

  /// Puts features into blocks; gives the place of the first.
  private mutating func store(_ features: UnsafeBufferPointer<Feature>) -> UInt32 {
    var next = Slab<FeatureBlock>.nowhere
    for number in (0..<WaitingEvents.blockCount(features.count)).reversed() {
      var block = FeatureBlock()
      let start = number * FeatureBlock.size
      for index in start..<min(start + FeatureBlock.size, features.count) { block[index - start] = features[index] }
      block.link = next
      next = blocks.take()
      blocks[next] = block
    }
    return next
  }

  private func append(featuresOf event: WaitingEvent, to features: inout [Feature]) {
    var left = Int(event.featureCount)
    var place = event.link
    while left > 0 {
      let block = blocks[place]
      for index in 0..<min(left, FeatureBlock.size) { features.append(block[index]) }
      left -= FeatureBlock.size
      place = block.link
    }
  }

  private mutating func siftUp(_ index: Int) {
    var index = index
    let turn = turns[index]
    while index > 0 {
      let parent = (index - 1) / 2
      guard turn.isBefore(turns[parent]) else { break }
      turns[index] = turns[parent]
      index = parent
    }
    turns[index] = turn
  }

  private mutating func siftDown() {
    var index = 0
    let turn = turns[0]
    while 2 * index + 1 < turns.count {
      var child = 2 * index + 1
      if child + 1 < turns.count, turns[child + 1].isBefore(turns[child]) { child += 1 }
      guard turns[child].isBefore(turn) else { break }
      turns[index] = turns[child]
      index = child
    }
    turns[index] = turn
  }
}
