import Features
import JSONReading

extension FeatureEncoder {
  /// Hashes the canonical text of a categorical value.
  @inline(__always) func hashValue(_ value: JSONValue, _ index: Int) throws(RejectedRecord) -> UInt64 {
    if let text = value.stringBytes, let start = text.baseAddress { return hashText(start, text.count, index) }
    if let number = value.double, let digits = ShortNumber(number) { return hashDigits(digits, index) }
    let room = fields[index].input.room(for: NumberText.maximumLength)
    let length = value.writeNumber(to: room)
    if length > 0 { return hashText(room, length, index) }
    guard let bool = value.bool else {
      throw RejectedRecord(
        .badField, field: schema.features[index].path,
        "\(value.kind == .array ? "an array" : "an object") is no categorical value")
    }
    let text: StaticString = bool ? "true" : "false"
    room.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
    return hashText(room, text.utf8CodeUnitCount, index)
  }

  /// The number of a numeric field.
  @inline(__always) func number(_ value: JSONValue, _ index: Int) throws(RejectedRecord) -> Double {
    guard let number = value.double else {
      throw RejectedRecord(.badField, field: schema.features[index].path, "the value is not a number")
    }
    return number
  }

  func encodeList(_ value: JSONValue, _ index: Int, _ scaling: ListScaling) throws(RejectedRecord) {
    // The list's features count its elements first, since equal elements are one feature, and are scaled at the end.
    let first = collection.count
    var length = 0
    if let elements = value.elements {
      for element in elements where !element.isNull {
        try add(try hashValue(element, index), 1, index)
        length &+= 1
      }
    } else {
      try add(try hashValue(value, index), 1, index)
      length = 1
    }
    endList(index, scaling, first: first, length: length)
  }

  /// Scales the features of a list of `length` elements, and leaves out their pairs where the field says so.
  func endList(_ index: Int, _ scaling: ListScaling, first: Int, length: Int) {
    if !fields[index].formsPairs { collection.leaveOutPairs(among: collection.count &- first) }
    let factor: Double
    switch scaling {
    case .none: return
    case .squareRoot: factor = 1 / Double(length).squareRoot()
    case .mean: factor = 1 / Double(length)
    }
    for position in first..<collection.count {
      collection.features[position].value = Float(Double(collection.features[position].value) * factor)
    }
  }

  func encodeCross(_ index: Int, _ firstPart: Int, _ partCount: Int) throws(RejectedRecord) {
    for part in firstPart..<(firstPart &+ partCount) where fields[parts[part]].event != event { return }
    let room = UnsafeMutableRawPointer(fields[index].input.room(for: partCount &* 8))
    for part in 0..<partCount {
      let hash = fields[parts[firstPart &+ part]].lastHash
      room.storeBytes(of: hash.littleEndian, toByteOffset: part &* 8, as: UInt64.self)
    }
    let hash = fields[index].input.hash(room, count: partCount &* 8)
    if let texts = description?.texts {
      description?.texts[hash] = parts[firstPart..<(firstPart + partCount)]
        .map { texts[fields[$0].lastHash] ?? "" }.joined(separator: "*")
    }
    try add(hash, 1, index)
  }
}
