/// A table that reads well on a terminal and is Markdown as it stands.
public struct Table {
  private var rows: [[String]]

  /// Begins a table. The first column is aligned left, the others right.
  public init(_ header: String...) {
    rows = [header]
  }

  /// Adds a row.
  public mutating func add(_ row: String...) {
    rows.append(row)
  }

  /// The table as lines.
  public var text: String {
    let columns = rows[0].indices
    let widths = columns.map { column in rows.map { $0[column].count }.reduce(1, max) }
    func line(_ row: [String]) -> String {
      let cells = columns.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + padding : padding + row[column]
      }
      return "| " + cells.joined(separator: " | ") + " |"
    }
    let rule = columns.map {
      $0 == 0 ? String(repeating: "-", count: widths[$0]) : String(repeating: "-", count: widths[$0] - 1) + ":"
    }
    return ([line(rows[0]), "| " + rule.joined(separator: " | ") + " |"] + rows.dropFirst().map(line)).joined(
      separator: "\n")
  }
}
