/// Text in columns, aligned with spaces, for people.
struct TextTable {
  /// On which side of its column a text stands.
  enum Alignment {
    /// Words.
    case left
    /// Numbers.
    case right
  }

  /// The headings, none of them empty; no headings where the array is.
  var headings: [String]
  /// The alignment of each column; further columns are left-aligned.
  var alignments: [Alignment]
  /// The rows; short ones leave their last columns empty.
  var rows: [[String]] = []

  init(headings: [String] = [], alignments: [Alignment] = []) {
    self.headings = headings
    self.alignments = alignments
  }

  /// Adds a row.
  mutating func append(_ cells: String...) { rows.append(cells) }

  mutating func append(_ cells: [String]) { rows.append(cells) }

  /// The table, each line ended by a line feed and without spaces at its end; empty where there are no rows.
  var text: String {
    guard !rows.isEmpty else { return "" }
    let lines = headings.isEmpty ? rows : [headings] + rows
    let columns = lines.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return lines.map { Self.line($0, widths, alignments) + "\n" }.joined()
  }

  private static func line(_ cells: [String], _ widths: [Int], _ alignments: [Alignment]) -> String {
    var line = ""
    for (column, cell) in cells.enumerated() {
      if column > 0 { line += "  " }
      let padding = String(repeating: " ", count: widths[column] - cell.count)
      let isRight = column < alignments.count && alignments[column] == .right
      line += isRight ? padding + cell : cell + padding
    }
    while line.hasSuffix(" ") { line.removeLast() }
    return line
  }
}
