import Features
import JSONReading

// Invariants of the unsafe code in the encoder (this file and its extensions):
// - `fields`, `parts` and the collection's features are allocated by `init` and freed by `deinit`, and keep their size
//   between; every index into them comes from the validated schema.
// - The hash inputs inside `fields` are used in place, never through a copy.
// - The encoder's variables are only touched by its own methods on its one thread, never while one of them is being
//   changed, so that exclusive access need not be checked at run time.

/// Turns events into features: the one path for learning and scoring alike.
///
/// One encoder belongs to one thread. Encoding an event allocates nothing once buffers have grown.
public final class FeatureEncoder {
  /// The schema.
  public let schema: Schema

  let fieldCount: Int
  let fields: UnsafeMutableBufferPointer<CompiledField>
  let parts: UnsafeMutableBufferPointer<Int>
  let transforms: [NumericTransform]
  let zones: [ZoneOffsets]
  @exclusivity(unchecked) var timeSources: [TimeSource]
  let selection: JSONSelection
  let special: SpecialSlots
  let keptOtherwise: Double
  @exclusivity(unchecked) var event: UInt64 = 0
  @exclusivity(unchecked) var collection: FeatureCollection
  @exclusivity(unchecked) var description: Description?

  /// The slots of what is no feature, and the time sources of the event's and the label's time; -1 where one is not
  /// mapped.
  struct SpecialSlots {
    var label: Int
    var importance: Int
    var servedScore: Int
    var keptFraction: Int
    var time: Int
    var labelTime: Int
  }

  /// The texts of an event's features while it is described.
  struct Description {
    var texts: [UInt64: String] = [:]
  }

  /// Makes an encoder.
  ///
  /// - Throws: everything that is wrong with the schema.
  public init(_ schema: Schema) throws(InvalidSchema) {
    let problems = schema.validate()
    guard problems.isEmpty else { throw InvalidSchema(problems: problems) }
    self.schema = schema
    var builder = EncoderTables()
    let compiled = builder.compile(schema)
    fields = .allocate(capacity: max(1, compiled.count))
    _ = fields.initialize(from: compiled)
    parts = .allocate(capacity: max(1, builder.parts.count))
    _ = parts.initialize(from: builder.parts)
    fieldCount = compiled.count
    transforms = builder.transforms
    zones = builder.zones
    special = builder.special
    keptOtherwise = schema.keptFraction?.otherwise ?? 1
    timeSources = builder.timeSources
    selection = JSONSelection(paths: builder.paths)
    collection = FeatureCollection(limits: schema.limits)
  }

  deinit {
    for field in fields.prefix(fieldCount) { field.input.destroy() }
    fields.deallocate()
    parts.deallocate()
    collection.destroy()
  }

  /// Appends the features of an instance, in the schema's order; the label and its companions are not looked at.
  ///
  /// - Returns: where the features stand. Where the instance is rejected, none have been appended.
  /// - Throws: why the instance cannot be used.
  public func encode(_ instance: JSONValue, into features: inout [Feature]) throws(RejectedRecord) -> Range<Int> {
    guard instance.kind == .object else { throw FeatureEncoder.notAnObject }
    selection.find(in: instance)
    begin()
    return try encodeFound(into: &features)
  }

  /// How an instance is encoded, feature by feature, in the schema's order; a cold path.
  ///
  /// - Throws: why the instance cannot be used.
  public func describe(_ instance: JSONValue) throws(RejectedRecord) -> [DescribedFeature] {
    description = Description()
    defer { description = nil }
    var features: [Feature] = []
    _ = try encode(instance, into: &features)
    let names = schema.layout.names
    return features.map { feature in
      DescribedFeature(
        field: names[Int(feature.field)], text: description?.texts[feature.hash] ?? "", feature: feature)
    }
  }

  static let notAnObject = RejectedRecord(.notAnObject, "an event is a JSON object")

  /// Encodes what the selection has found in an event that was begun.
  func encodeFound(into features: inout [Feature]) throws(RejectedRecord) -> Range<Int> {
    for index in 0..<fieldCount { try encodeField(index) }
    return try finish(into: &features)
  }

  /// Begins the next event.
  @inline(__always) func begin() {
    event &+= 1
    collection.begin()
  }

  /// Appends the event's features, if they are within the limits.
  @inline(__always) func finish(into features: inout [Feature]) throws(RejectedRecord) -> Range<Int> {
    try collection.finish(names: schema.layout.names)
    let start = features.count
    features.append(contentsOf: UnsafeBufferPointer(start: collection.features, count: collection.count))
    return start..<features.count
  }

  @inline(__always) func encodeField(_ index: Int) throws(RejectedRecord) {
    if case .cross(let firstPart, let partCount) = fields[index].action {
      return try encodeCross(index, firstPart, partCount)
    }
    guard let value = selection.value(fields[index].slot) else { return }
    switch fields[index].action {
    case .categorical: try add(try hashValue(value, index), 1, index)
    case .list(let scaling): try encodeList(value, index, scaling)
    case .numeric(let clip): try encodeNumber(value, index, clip)
    case .bucket: try add(try hashBucket(try number(value, index), index), 1, index)
    case .time(let part, let source, let zone): try encodeTime(value, index, part, source, zone)
    case .cross: break
    }
  }

  private func encodeNumber(_ value: JSONValue, _ index: Int, _ clip: Double) throws(RejectedRecord) {
    let transformed = transforms[index].apply(try number(value, index))
    guard transformed.isFinite else {
      throw RejectedRecord(.notFinite, field: schema.features[index].path, "the transform has no finite value here")
    }
    let hash = fields[index].numericHash
    if description != nil { description?.texts[hash] = value.jsonText }
    try add(hash, Float(max(-clip, min(clip, transformed))), index)
  }

  @inline(__always) private func hashBucket(_ number: Double, _ index: Int) throws(RejectedRecord) -> UInt64 {
    let bucket = transforms[index].bucket(of: number)
    if let digits = ShortNumber(bucket) { return hashDigits(digits, index) }
    guard bucket.isFinite else {
      throw RejectedRecord(.notFinite, field: schema.features[index].path, "the bucket's number is not finite")
    }
    let room = fields[index].input.room(for: NumberText.maximumLength)
    return hashText(room, NumberText.write(bucket, to: room), index)
  }

  @inline(__always) private func encodeTime(
    _ value: JSONValue, _ index: Int, _ part: TimePart, _ source: Int, _ zone: Int
  ) throws(RejectedRecord) {
    guard timeSources[source].read(value, event: event) else {
      throw RejectedRecord(
        .badField, field: schema.features[index].path, "the value is no \(timeSources[source].format.explanation)")
    }
    let local =
      zone < 0
      ? timeSources[source].local : LocalTime(timeSources[source].time.milliseconds, zone: zones[zone])
    try add(hashPart(index, part, local.number(of: part)), 1, index)
  }

  /// Hashes a part of a time, unless it is the one of the event before.
  @inline(__always) private func hashPart(_ index: Int, _ part: TimePart, _ number: Int64) -> UInt64 {
    if fields[index].lastPart == number, description == nil {
      fields[index].event = event
      return fields[index].lastHash
    }
    fields[index].lastPart = number
    let room = fields[index].input.room(for: 24)
    return hashText(room, CivilTime.write(part, number: number, to: room), index)
  }

  /// Hashes a text of a field.
  @inline(__always) func hashText(_ text: UnsafeRawPointer, _ length: Int, _ index: Int) -> UInt64 {
    let hash = fields[index].input.hash(text, count: length)
    if description != nil {
      description?.texts[hash] = String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
    }
    return remember(hash, index)
  }

  /// Hashes a text of a few digits.
  @inline(__always) func hashDigits(_ number: ShortNumber, _ index: Int) -> UInt64 {
    let hash = fields[index].input.hash(word: number.digits, count: number.count)
    if description != nil { description?.texts[hash] = number.text }
    return remember(hash, index)
  }

  /// Keeps a field's hash for crosses.
  @inline(__always) private func remember(_ hash: UInt64, _ index: Int) -> UInt64 {
    fields[index].lastHash = hash
    fields[index].event = event
    return hash
  }

  @inline(__always) func add(_ hash: UInt64, _ x: Float, _ index: Int) throws(RejectedRecord) {
    try collection.add(Feature(hash: hash, value: x, field: UInt16(truncatingIfNeeded: index)))
  }
}
