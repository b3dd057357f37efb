/// Finds what somebody probably meant, for "did you mean".
public enum Spelling {
  /// The name that differs least from `word`, where it differs in at most a third of the letters (at least two may
  /// differ); nil where no name is near.
  public static func nearest(to word: String, among names: [String]) -> String? {
    guard word.count <= 64 else { return nil }
    let limit = max(2, word.count / 3)
    let ranked = names.map { (name: $0, distance: distance(word, $0)) }
      .filter { $0.distance <= limit && $0.distance < max(word.count, $0.name.count) }
    return ranked.min { $0.distance < $1.distance }?.name
  }

  /// The number of letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
  public static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left)
    let right = Array(right)
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for i in 0..<left.count {
      var row = [i + 1]
      row.reserveCapacity(right.count + 1)
      for j in 0..<right.count {
        var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { best = min(best, beforeLast[j - 1] + 1) }
        row.append(best)
      }
      beforeLast = last
      last = row
    }
    return last[right.count]
  }
}
