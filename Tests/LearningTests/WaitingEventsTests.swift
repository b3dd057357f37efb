import Features
import SnapshotStore
import Testing

@testable import Learning

@Suite struct WaitingEventsTests {
  private func features(_ count: Int, seed: UInt64 = 0) -> [Feature] {
    (0..<count).map { index in
      Feature(hash: seed &* 1_000 &+ UInt64(index), value: Float(index) + 0.5, field: UInt16(index % 3))
    }
  }

  private func insert(_ waiting: inout WaitingEvents, at labelTime: Int64, label: Float = 0, features: [Feature] = []) {
    features.withUnsafeBufferPointer { waiting.insert(WaitingEvent(label: label), $0, labelTime: labelTime) }
  }

  /// Takes all events that are due by now; gives their labels.
  private func takeDue(_ waiting: inout WaitingEvents) -> [Float] {
    var labels: [Float] = []
    var features: [Feature] = []
    while waiting.isNextDue, let event = waiting.removeNext(into: &features) { labels.append(event.label) }
    return labels
  }

  @Test(arguments: [UInt64(1), 2, 3, 4]) func theyLeaveInTheOrderOfLabelTimesAndOfEqualOnesAsTheyCame(seed: UInt64) {
    var generator = TestGenerator(state: seed)
    var waiting = WaitingEvents(isWanted: true, capacity: 100_000)
    var expected: [(time: Int64, number: Int, features: [Feature])] = []
    var number = 0
    // More events come and go than one segment holds.
    for _ in 0..<9_000 {
      let time = Int64.random(in: 0..<200, using: &generator)
      let kept = features(Int.random(in: 0...11, using: &generator), seed: UInt64(number))
      insert(&waiting, at: time, label: Float(number), features: kept)
      expected.append((time, number, kept))
      number += 1
    }
    expected.sort { ($0.time, $0.number) < ($1.time, $1.number) }
    var taken: [Feature] = []
    for (index, next) in expected.enumerated() {
      #expect(waiting.nextLabelTime == next.time && waiting.count == expected.count - index)
      let event = waiting.removeNext(into: &taken)
      guard event?.label == Float(next.number), taken == next.features else {
        Issue.record("event \(next.number) was to come")
        return
      }
    }
    #expect(waiting.removeNext(into: &taken) == nil && waiting.nextLabelTime == nil)
  }

  @Test func theClockNeverGoesBack() {
    var waiting = WaitingEvents(isWanted: true, capacity: 10)
    for time in [30, 10, 20, 30] { insert(&waiting, at: Int64(time), label: Float(time)) }
    #expect(!waiting.isNextDue)
    waiting.advance(to: 20)
    waiting.advance(to: 5)
    #expect(waiting.watermark == 20)
    #expect(takeDue(&waiting) == [10, 20])
    waiting.advance(to: 30)
    #expect(takeDue(&waiting) == [30, 30])
  }

  @Test func roomIsBoundedByEventsAndByTheirFeatures() {
    var waiting = WaitingEvents(isWanted: true, capacity: 4)
    for _ in 0..<4 {
      #expect(waiting.hasRoom(features: 16))
      insert(&waiting, at: 1, features: features(16))
    }
    #expect(!waiting.hasRoom(features: 0))
    var few = WaitingEvents(isWanted: true, capacity: 4)
    insert(&few, at: 1, features: features(61))
    #expect(few.hasRoom(features: 0) && !few.hasRoom(features: 1))
    var taken: [Feature] = []
    _ = few.removeNext(into: &taken)
    #expect(few.hasRoom(features: 64) && !few.hasRoom(features: 65))
  }

  private func filled() -> WaitingEvents {
    var waiting = WaitingEvents(isWanted: true, capacity: 100)
    waiting.advance(to: 7)
    (waiting.early, waiting.undated) = (3, 4)
    for index in 0..<40 {
      let event = WaitingEvent(
        eventTime: Int64(index), offset: Int64(1_000 + index), partition: 2, label: Float(index % 2), importance: 0.5,
        servedScore: index % 3 == 0 ? .nan : 1, raw: Float(index),
        calibrated: 0.9 * Float(index), entropy: index % 2 == 0 ? .nan : 0.5, known: UInt16(index), unknown: 1,
        places: [1, 2, 3, 65_535])
      features(index % 7, seed: UInt64(index)).withUnsafeBufferPointer {
        waiting.insert(event, $0, labelTime: Int64(100 + (index * 37) % 11))
      }
    }
    return waiting
  }

  @Test func aSectionBringsEverythingBack() throws {
    let waiting = filled()
    var restored = WaitingEvents(isWanted: true, capacity: 100)
    let sections = waiting.sections
    try restored.restore(
      sections[0], records: sections[1], fieldPositions: [0, 1, 2], slicePositions: [0, 1, 2, 3])
    #expect(restored.watermark == 7 && restored.nextNumber == 40 && restored.early == 3 && restored.undated == 4)
    for (one, other) in zip(restored.sections, sections) {
      for (tensor, expected) in zip(one.tensors, other.tensors) {
        // Not numbers are equal here: they stand for what an event does not have.
        if case .float32(let values) = tensor.values, case .float32(let wanted) = expected.values {
          #expect(values.map(\.bitPattern) == wanted.map(\.bitPattern), "\(tensor.name)")
        } else {
          #expect(tensor == expected)
        }
      }
    }
    // Only where the records came from is no function of the events.
    #expect(sections.map(\.isCanonical) == [true, false])
  }

  @Test func fieldsAndSlicesMayMoveOrGo() throws {
    let sections = filled().sections
    var restored = WaitingEvents(isWanted: false, capacity: 1)
    try restored.restore(sections[0], records: nil, fieldPositions: [5, nil, 0], slicePositions: [nil, 0])
    #expect(restored.count == 40 && restored.isInUse)
    restored.forEach { event, features, _, number in
      #expect(features.allSatisfy { $0.field == 5 || $0.field == 0 })
      #expect(features.count == (0..<Int(number % 7)).filter { $0 % 3 != 1 }.count)
      #expect(event.places == [2, 0, 0, 0] && event.partition == 0)
    }
  }

  @Test func aDamagedSectionIsRefused() throws {
    let sections = filled().sections
    // Without what scores were calibrated to, they were not.
    for index in sections[0].tensors.indices where sections[0].tensors[index].name != "calibrated" {
      var damaged = sections[0]
      damaged.tensors.remove(at: index)
      var restored = WaitingEvents(isWanted: true, capacity: 100)
      #expect(throws: SnapshotProblem.self) {
        try restored.restore(damaged, records: sections[1], fieldPositions: [0, 1, 2], slicePositions: [])
      }
      #expect(restored.count == 0)
    }
    var short = sections[0]
    let place = try #require(short.tensors.firstIndex { $0.name == "feature.hash" })
    short.tensors[place] = Tensor("feature.hash", .unsigned64([1]))
    var restored = WaitingEvents(isWanted: true, capacity: 100)
    #expect(throws: SnapshotProblem.self) {
      try restored.restore(short, records: nil, fieldPositions: [0, 1, 2], slicePositions: [])
    }
    #expect(throws: SnapshotProblem.self) {
      try restored.restore(sections[0], records: nil, fieldPositions: [0, 1], slicePositions: [])
    }
  }
}
