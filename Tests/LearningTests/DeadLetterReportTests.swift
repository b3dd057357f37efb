import EventSources
import SnapshotStore
import Testing

@testable import Learning

/// What snapshots and reports say of dead letters.
@Suite struct DeadLetterReportTests {
  @Test func aSnapshotKeepsWhereTheyEnd() throws {
    let place = SpillPlace(segment: 7, offset: 1 << 40, entries: 12)
    #expect(try SpillPlace(place.section) == place)
    #expect(SectionName.all.contains(place.section.name) && !place.section.isCanonical)
    let short = SnapshotSection(
      SectionName.deadLetters, version: 1, isCanonical: false, tensors: [Tensor("end", .unsigned64([1, 2]))])
    #expect(throws: SnapshotProblem.self) { try SpillPlace(short) }
  }

  @Test func eachProblemStandsForItself() {
    var figures = DeadLetterFigures.Values()
    figures.waiting = 3
    #expect(StandingProblem.of(figures).isEmpty)
    figures.failure = "there is no topic"
    #expect(StandingProblem.of(figures).map(\.code) == [.deadLettersFailing])
    figures.isDropping = true
    #expect(StandingProblem.of(figures).map(\.code) == [.deadLettersFailing, .deadLettersDropped])
    figures.failure = nil
    #expect(StandingProblem.of(figures).map(\.code) == [.deadLettersDropped])
  }
}
