import CXXHash
import Features
import JSONReading

// Invariants of the unsafe code in the encoder (this file and its extensions):
// - `fields` and `parts` are allocated by `init` and freed by `deinit`, and keep their size between; every index into
//   them comes from the validated schema.
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
  let paths: PathTree
  let special: SpecialSlots
  @exclusivity(unchecked) var event: UInt64 = 0
  @exclusivity(unchecked) var description: Description?

  /// The slots of what is no feature, and the time source of the event's time; -1 where it is not mapped.
  struct SpecialSlots {
    var label: Int
    var importance: Int
    var servedScore: Int
    var time: Int
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
    timeSources = builder.timeSources
    paths = PathTree(paths: builder.paths)
  }

  deinit {
    for field in fields.prefix(fieldCount) { field.input.destroy() }
    fields.deallocate()
    parts.deallocate()
  }

  /// Appends the features of an instance, in the schema's order; the label and its companions are not looked at.
  ///
  /// - Returns: where the features stand. Where the instance is rejected, none have been appended.
  /// - Throws: why the instance cannot be used.
  public func encode(_ instance: JSONValue, into features: inout [Feature]) throws(RejectedRecord) -> Range<Int> {
    guard instance.kind == .object else { throw RejectedRecord(.notAnObject, "an event is a JSON object") }
    event &+= 1
    paths.find(in: instance)
    return try encodeFound(instance, into: &features)
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

  func encodeFound(_ instance: JSONValue, into features: inout [Feature]) throws(RejectedRecord) -> Range<Int> {
    let start = features.count
    do {
      var collection = FeatureCollection(start: start, limits: schema.limits)
      for index in 0..<fieldCount {
        try encodeField(index, of: instance, into: &features, &collection)
      }
      try collection.finish(features, names: schema.layout.names)
    } catch {
      features.removeLast(features.count - start)
      throw error
    }
    return start..<features.count
  }

  private func encodeField(
    _ index: Int, of instance: JSONValue, into features: inout [Feature], _ collection: inout FeatureCollection
  ) throws(RejectedRecord) {
    if case .cross(let firstPart, let partCount) = fields[index].action {
      return try encodeCross(index, firstPart, partCount, into: &features, &collection)
    }
    guard let value = paths.value(fields[index].slot, of: instance) else { return }
    switch fields[index].action {
    case .categorical:
      let length = try setText(value, index)
      try add(hashText(index, length), 1, index, into: &features, &collection)
    case .list(let scaling):
      try encodeList(value, index, scaling, into: &features, &collection)
    case .numeric(let clip):
      let transformed = transforms[index].apply(try number(value, index))
      guard transformed.isFinite else {
        throw RejectedRecord(.notFinite, field: schema.features[index].path, "the transform has no finite value here")
      }
      let x = max(-clip, min(clip, transformed))
      let hash = fields[index].numericHash
      if description != nil { description?.texts[hash] = value.jsonText }
      try add(hash, Float(x), index, into: &features, &collection)
    case .bucket:
      let bucket = transforms[index].bucket(of: try number(value, index))
      guard bucket.isFinite else {
        throw RejectedRecord(.notFinite, field: schema.features[index].path, "the bucket's number is not finite")
      }
      let length = NumberText.write(bucket, to: fields[index].input.room(for: NumberText.maximumLength))
      try add(hashText(index, length), 1, index, into: &features, &collection)
    case .time(let part, let source, let zone):
      guard let time = timeSources[source].read(value, event: event) else {
        throw RejectedRecord(
          .badField, field: schema.features[index].path, "the value is no \(timeSources[source].format.explanation)")
      }
      let seconds = CivilTime.floorDivide(time.milliseconds, by: 1_000)
      let offset = zone < 0 ? time.offset : zones[zone].offset(at: seconds)
      let hash = hashPart(index, part, CivilTime.number(of: part, localSeconds: seconds + offset))
      try add(hash, 1, index, into: &features, &collection)
    case .cross: break
    }
  }

  /// Hashes the text that was put into a field's input.
  @inline(__always) func hashText(_ index: Int, _ length: Int) -> UInt64 {
    let hash = fields[index].input.hash(textLength: length, seed: schema.seed)
    fields[index].lastHash = hash
    fields[index].event = event
    if description != nil { description?.texts[hash] = fields[index].input.text(length: length) }
    return hash
  }

  /// Hashes a part of a time, unless it is the one of the event before.
  @inline(__always) private func hashPart(_ index: Int, _ part: TimePart, _ number: Int64) -> UInt64 {
    if fields[index].lastPart == number, description == nil {
      fields[index].event = event
      return fields[index].lastHash
    }
    fields[index].lastPart = number
    let length = CivilTime.write(part, number: number, to: fields[index].input.room(for: 24))
    return hashText(index, length)
  }

  @inline(__always) func add(
    _ hash: UInt64, _ x: Float, _ index: Int, into features: inout [Feature], _ collection: inout FeatureCollection
  ) throws(RejectedRecord) {
    try collection.add(Feature(hash: hash, value: x, field: UInt16(truncatingIfNeeded: index)), to: &features)
  }
}
