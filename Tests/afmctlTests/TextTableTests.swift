import Testing

@testable import afmctl

struct TextTableTests {
  @Test func columnsAreAlignedAndLinesEndWithoutSpaces() {
    var table = TextTable(headings: ["name", "count"], alignments: [.left, .right])
    table.append("a", "7")
    table.append("longer", "1,000")
    table.append("short")
    #expect(table.text == "name    count\na           7\nlonger  1,000\nshort\n")
  }

  @Test func aTableWithoutRowsIsNothing() {
    #expect(TextTable(headings: ["name"]).text.isEmpty)
  }

  @Test func lettersBeyondASCIICountOnce() {
    var table = TextTable()
    table.append("é", "x")
    table.append("ab", "y")
    #expect(table.text == "é   x\nab  y\n")
  }
}
