import AttentionalFM
import EventSources
import LiveModel
import Testing

@testable import SnapshotStore

/// Skips are compared with offsets of the source that they belong to alone.
@Suite struct SkippedRangeTests {
  private func file(_ predecessors: UInt64?, _ nextOffset: Int64, _ identity: String = "head:10:00000000000000aa")
    -> SourcePosition
  {
    SourcePosition(
      kind: .file, identity: identity, partitions: [PartitionPosition(partition: 0, nextOffset: nextOffset)],
      predecessors: predecessors)
  }

  private func topic(_ identity: String, _ offsets: Int64..., predecessors: UInt64? = nil) -> SourcePosition {
    SourcePosition(
      kind: .kafka, identity: identity,
      partitions: offsets.enumerated().map { PartitionPosition(partition: Int32($0), nextOffset: $1) },
      predecessors: predecessors)
  }

  private func skip(_ from: Int64, _ to: Int64, _ identity: String? = nil) -> SkippedRange {
    SkippedRange(partition: 0, from: from, to: to, identity: identity)
  }

  @Test func betweenTwoPlacesOfOneSourceAreTheOffsetsInBetween() {
    #expect(SkippedRanges.between(file(nil, 100), file(nil, 300)) == [skip(100, 300)])
    // More is known of the same file by now.
    #expect(
      SkippedRanges.between(file(nil, 100), file(nil, 300, "head:4096:00000000000000bb")) == [skip(100, 300)])
    #expect(SkippedRanges.between(topic("c/t", 5, 9), topic("unknown/t", 7, 9)) == [skip(5, 7)])
    #expect(SkippedRanges.between(nil, topic("c/t", 7)) == [skip(0, 7)])
  }

  @Test func betweenTwoFilesAreTheRestOfTheFirstAllInBetweenAndTheBeginningOfTheLast() {
    #expect(
      SkippedRanges.between(file(1, 800), file(3, 20))
        == [skip(800, .max, "file 1"), skip(0, .max, "file 2"), skip(0, 20, "file 3")])
    #expect(SkippedRanges.between(file(3, 20), file(1, 800)) == [])
  }

  @Test func ofATopicThatReplacedAnotherItIsWhatLiesBeforeThePosition() {
    #expect(SkippedRanges.between(topic("c/t", 500), topic("c/other", 20)) == [skip(0, 20)])
    #expect(SkippedRanges.between(topic("c/t", 500), topic("c/t", 20, predecessors: 1)) == [skip(0, 20, "c/t#1")])
  }

  /// What lies ahead in another source is still ahead when a skip of the present one is over.
  @Test func aSkipThatWasPassedTakesNoOtherWithIt() {
    var skips = [
      skip(0, 60), skip(40, 90), skip(0, 50, "file 3"), SkippedRange(partition: 1, from: 0, to: 50),
    ]
    SkippedRanges.pass(&skips, partition: 0, to: 60)
    #expect(skips == [skip(40, 90), skip(0, 50, "file 3"), SkippedRange(partition: 1, from: 0, to: 50)])
  }

  @Test func aSkipOfAnotherSourceMovesNoPosition() {
    var position = file(2, 50)
    let skips = [skip(0, 100, "file 3"), skip(0, 60), skip(40, .max, "file 1"), skip(200, .max), skip(70, 80)]
    let ahead = SkippedRanges.apply(skips, to: &position)
    #expect(position[0]?.nextOffset == 60)
    #expect(ahead == [skip(70, 80), skip(200, .max), skip(40, .max, "file 1"), skip(0, 100, "file 3")])
    #expect(SkippedRanges.end(of: ahead, partition: 0, offset: 10) == nil)
    #expect(SkippedRanges.end(of: ahead, partition: 0, offset: 75) == 80)
    #expect(SkippedRanges.end(of: ahead, partition: 0, offset: 300) == .max)
  }

  @Test func aSkipBesideAnotherPositionIsThatOfItsSource() {
    let skips = [skip(0, 100), skip(5, 6, "file 3")]
    let moved = SkippedRanges.moved(skips, from: file(2, 50), to: file(3, 0))
    #expect(moved == [skip(0, 100, "file 2"), skip(5, 6)])
    #expect(SkippedRanges.moved(moved, from: nil, to: file(2, 50)) == [skip(0, 100), skip(5, 6)])
    #expect(SkippedRanges.left(skips, from: file(2, 50), to: file(3, 0)) == [skip(5, 6)])
    // Files that an older version did not count are told apart by their first bytes, where enough is known of them.
    let known = (file(nil, 5, "head:4096:00000000000000aa"), file(nil, 5, "head:4096:00000000000000bb"))
    #expect(SkippedRanges.moved([skip(0, 9)], from: known.0, to: known.1)[0].identity != nil)
    #expect(SkippedRanges.moved([skip(0, 9)], from: known.0, to: file(nil, 5))[0].identity == nil)
  }

  /// 1 and 2 in the first file, 3 = back to 2 keeping a place in the second file: then all but 1 is lost.
  @Test func skipsAcrossARotationOutliveTheRollback() throws {
    let fixture = try Fixture()
    do {
      let store = try fixture.open()
      let model = try fixture.model()
      for (number, offset) in [Int64(300), 800].enumerated() {
        Fixture.learn(number * 100..<(number + 1) * 100, model)
        let pending = try store.begin(ModelState(model), sections: Fixture.sections(model))
        var sweep = RowSweep(model.table)
        var segment = RowSegment()
        while sweep.next(maximum: 7, into: &segment) { try pending.append(segment) }
        var facts = try fixture.facts(model)
        facts.position = file(0, offset)
        _ = try pending.finish(facts)
      }
      let manifest = try store.rollback(to: store.archive.load(2), position: .keep(file(1, 20), skips: []))
      #expect(manifest.rollback?.skipped == [skip(800, .max, "file 0"), skip(0, 20, "file 1")])
    }
    try fixture.damage(3, SnapshotNames.manifest)
    try fixture.damage(2)
    let recovered = try #require(try fixture.open().openCurrent())
    #expect(recovered.snapshot.manifest.id == 1 && recovered.position == file(0, 300))
    #expect(recovered.skips == [skip(800, .max), skip(0, 20, "file 1")])
  }
}
