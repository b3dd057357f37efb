import Testing

@testable import Features

@Suite struct FieldLayoutTests {
  @Test func everyFieldFormsPairsWithinItselfUnlessTold() {
    let layout = FieldLayout(names: ["user", "tags"])
    #expect(layout.count == 2)
    #expect(layout.formsPairsWithinItself == [true, true])
  }

  @Test func aFeatureTakesSixteenBytes() {
    #expect(MemoryLayout<Feature>.stride == 16)
  }
}
