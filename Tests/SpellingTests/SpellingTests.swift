import Spelling
import Testing

@Suite struct SpellingTests {
  @Test func distancesCountSwapsOnce() {
    #expect(Spelling.distance("taable", "table") == 1)
    #expect(Spelling.distance("tabel", "table") == 1)
    #expect(Spelling.distance("", "abc") == 3)
    #expect(Spelling.distance("same", "same") == 0)
  }

  @Test func onlyNearNamesAreMeant() {
    #expect(Spelling.nearest(to: "taable", among: ["cable_tv", "table"]) == "table")
    #expect(Spelling.nearest(to: "x", among: ["keep", "y"]) == nil)
    #expect(Spelling.nearest(to: String(repeating: "x", count: 1000), among: ["x"]) == nil)
  }
}
