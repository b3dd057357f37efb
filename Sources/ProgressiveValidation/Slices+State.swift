extension Slices {
  /// The sums, which depend on the events alone, as named arrays; empty where no field is sliced.
  public var state: [NamedArray] {
    if isEmpty { return [] }
    var arrays = [NamedArray("fields", .bytes(Array(fieldNames.joined(separator: "\n").utf8)))]
    for (index, field) in fields.enumerated() {
      arrays.append(NamedArray("\(index).hash", .unsigned(field.values.map(\.hash))))
      arrays.append(NamedArray("\(index).events", .unsigned(field.sums.map(\.events))))
      arrays.append(NamedArray("\(index).sums", .double(field.sums.flatMap(\.numbers))))
    }
    return arrays
  }

  /// The texts of the values as named arrays; empty where no field is sliced.
  public var texts: [NamedArray] {
    if isEmpty { return [] }
    var arrays: [NamedArray] = []
    for (index, field) in fields.enumerated() {
      arrays.append(NamedArray("\(index).length", .unsigned(field.values.map { UInt64($0.text.utf8.count) })))
      arrays.append(NamedArray("\(index).text", .bytes(field.values.flatMap { Array($0.text.utf8) })))
    }
    return arrays
  }

  /// Goes on from saved sums: fields that are sliced still keep theirs, those that were not start anew.
  ///
  /// - Parameters:
  ///   - state: what `state` gave.
  ///   - texts: what `texts` gave; where a value's is missing it stays unknown.
  /// - Returns: for each field that was saved, its position now; nil for one that is sliced no more.
  /// - Throws: `ProgressiveStateProblem` where an array is missing or of a wrong type or length.
  public mutating func restore(
    _ state: [NamedArray], texts: [NamedArray]
  ) throws(ProgressiveStateProblem) -> [Int?] {
    let saved = SavedArrays(state)
    let savedTexts = SavedArrays(texts)
    let names = String(decoding: try saved.bytes("fields"), as: UTF8.self).split(separator: "\n").map(String.init)
    var restored = self
    var positions: [Int?] = []
    for (index, name) in names.enumerated() {
      var field = Field(name: name)
      let hashes = try saved.unsigned("\(index).hash")
      let events = try saved.unsigned("\(index).events", count: hashes.count + 2)
      let numbers = try saved.doubles("\(index).sums", count: (hashes.count + 2) * MetricSums.numberCount)
      var sums: [MetricSums] = []
      for (place, events) in events.enumerated() {
        let start = place * MetricSums.numberCount
        let part = Array(numbers[start..<(start + MetricSums.numberCount)])
        if let sum = MetricSums(events: events, numbers: part) { sums.append(sum) }
      }
      let known = Slices.texts(savedTexts, index, count: hashes.count)
      field.sums = Array(sums.prefix(2))
      for (value, hash) in hashes.enumerated() { field.append(Value(hash: hash, text: known[value]), sums[value + 2]) }
      let position = fields.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
      positions.append(position)
      if let position { restored.fields[position] = field }
    }
    self = restored
    return positions
  }

  private static func texts(_ saved: SavedArrays, _ index: Int, count: Int) -> [String] {
    var texts: [String] = []
    if let lengths = try? saved.unsigned("\(index).length"), let bytes = try? saved.bytes("\(index).text") {
      var rest = bytes[...]
      for length in lengths {
        let text = rest.prefix(Int(clamping: length))
        texts.append(String(decoding: text, as: UTF8.self))
        rest = rest.dropFirst(text.count)
      }
    }
    return texts.prefix(count) + Array(repeating: "", count: max(0, count - texts.count))
  }
}
