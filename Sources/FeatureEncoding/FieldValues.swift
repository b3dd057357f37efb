import CXXHash
import Features
import JSONReading

extension FeatureEncoder {
  /// Puts the canonical text of a value into a field's input.
  ///
  /// - Returns: the length of the text in bytes.
  @inline(__always) func setText(_ value: JSONValue, _ index: Int) throws(RejectedRecord) -> Int {
    if let text = value.stringBytes {
      fields[index].input.setText(text)
      return text.count
    }
    let room = fields[index].input.room(for: NumberText.maximumLength)
    let length = value.writeNumber(to: room)
    if length > 0 { return length }
    guard let bool = value.bool else {
      throw RejectedRecord(
        .badField, field: schema.features[index].path,
        "\(value.kind == .array ? "an array" : "an object") is no categorical value")
    }
    let text: StaticString = bool ? "true" : "false"
    room.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
    return text.utf8CodeUnitCount
  }

  /// The number of a numeric field.
  @inline(__always) func number(_ value: JSONValue, _ index: Int) throws(RejectedRecord) -> Double {
    guard let number = value.double else {
      throw RejectedRecord(.badField, field: schema.features[index].path, "the value is not a number")
    }
    return number
  }

  func encodeList(
    _ value: JSONValue, _ index: Int, _ scaling: ListScaling, into features: inout [Feature],
    _ collection: inout FeatureCollection
  ) throws(RejectedRecord) {
    // The list's features count its elements first, since equal elements are one feature, and are scaled at the end.
    let first = features.count
    var length = 0
    if let elements = value.elements {
      for element in elements where !element.isNull {
        try addElement(element, index, into: &features, &collection)
        length &+= 1
      }
    } else {
      try addElement(value, index, into: &features, &collection)
      length = 1
    }
    if !fields[index].formsPairs { collection.leaveOutPairs(among: features.count &- first) }
    scale(features: &features, from: first, by: scaling, length: length)
  }

  private func addElement(
    _ element: JSONValue, _ index: Int, into features: inout [Feature], _ collection: inout FeatureCollection
  ) throws(RejectedRecord) {
    let length = try setText(element, index)
    try add(hashText(index, length), 1, index, into: &features, &collection)
  }

  /// Scales the features of a list of `length` elements.
  func scale(features: inout [Feature], from first: Int, by scaling: ListScaling, length: Int) {
    let factor: Double
    switch scaling {
    case .none: return
    case .squareRoot: factor = 1 / Double(length).squareRoot()
    case .mean: factor = 1 / Double(length)
    }
    for position in first..<features.count {
      features[position].value = Float(Double(features[position].value) * factor)
    }
  }

  func encodeCross(
    _ index: Int, _ firstPart: Int, _ partCount: Int, into features: inout [Feature],
    _ collection: inout FeatureCollection
  ) throws(RejectedRecord) {
    for part in firstPart..<(firstPart &+ partCount) where fields[parts[part]].event != event { return }
    let room = UnsafeMutableRawPointer(fields[index].input.room(for: partCount &* 8))
    for part in 0..<partCount {
      let hash = fields[parts[firstPart &+ part]].lastHash
      room.storeBytes(of: hash.littleEndian, toByteOffset: part &* 8, as: UInt64.self)
    }
    let hash = fields[index].input.hash(textLength: partCount &* 8, seed: schema.seed)
    if let texts = description?.texts {
      description?.texts[hash] = parts[firstPart..<(firstPart + partCount)]
        .map { texts[fields[$0].lastHash] ?? "" }.joined(separator: "*")
    }
    try add(hash, 1, index, into: &features, &collection)
  }
}
