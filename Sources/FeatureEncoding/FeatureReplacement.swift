import Features

// Invariant of the unsafe code in this file: the inputs inside `crosses` are made by `init`, freed by `deinit`, and used
// in place, never through a copy.

/// Makes, of an event's features, those of the same event with other values of some fields: bit for bit what encoding
/// that other event would give, but for the limits, which are not held against it.
///
/// Crosses of which a part is replaced are hashed anew. Belongs to one thread; allocates nothing once lists have grown.
public final class FeatureReplacement {
  private struct Cross {
    var field: UInt16
    var parts: [UInt16]
    var input: HashInput
  }

  /// By field, whether its features are replaced, and whether they follow from what is replaced.
  private let isReplaced: [Bool]
  private let isRebuilt: [Bool]
  private var crosses: [Cross] = []

  /// Makes a replacement of the values of some fields.
  ///
  /// - Parameters:
  ///   - schema: a schema that `validate` found right.
  ///   - names: the names of fields of its `features`; others are left out.
  public init(_ schema: Schema, replacing names: [String]) {
    let replaced = schema.features.map { names.contains($0.name) }
    let rebuilt = schema.crosses.map { !Set($0.fields).isDisjoint(with: names) }
    isReplaced = replaced + schema.crosses.map { _ in false }
    isRebuilt = schema.features.map { _ in false } + rebuilt
    for (index, cross) in schema.crosses.enumerated() where rebuilt[index] {
      let parts = cross.fields.compactMap { name in schema.features.firstIndex { $0.name == name } }
      crosses.append(
        Cross(
          field: UInt16(truncatingIfNeeded: schema.features.count + index),
          parts: parts.map { UInt16(truncatingIfNeeded: $0) },
          input: .make(field: cross.name, separator: FeatureHash.crossSeparator, seed: schema.seed)))
    }
  }

  deinit {
    for cross in crosses { cross.input.destroy() }
  }

  /// Puts those features of an event that would be replaced into a list, which is emptied first.
  public func collect(_ features: UnsafeBufferPointer<Feature>, into values: inout [Feature]) {
    values.removeAll(keepingCapacity: true)
    for feature in features where isReplaced[Int(feature.field)] { values.append(feature) }
  }

  /// Appends the features of an event with other values of the replaced fields, in the order of the fields.
  ///
  /// - Parameters:
  ///   - features: the event's features, as they were encoded.
  ///   - values: the features of the replaced fields, as `collect` found them in another event.
  ///   - result: where they are appended.
  public func replace(
    in features: UnsafeBufferPointer<Feature>, by values: [Feature], into result: inout [Feature]
  ) {
    let start = result.count
    for feature in features where !isReplaced[Int(feature.field)] && !isRebuilt[Int(feature.field)] {
      insert(feature, from: start, into: &result)
    }
    for value in values { insert(value, from: start, into: &result) }
    for index in crosses.indices {
      guard let hash = hash(ofCross: index, parts: result[start...]) else { continue }
      insert(Feature(hash: hash, value: 1, field: crosses[index].field), from: start, into: &result)
    }
  }

  /// Puts a feature behind those of its own field and of the fields before; nearly always that is the end.
  private func insert(_ feature: Feature, from start: Int, into result: inout [Feature]) {
    var place = result.count
    while place > start, result[place - 1].field > feature.field { place -= 1 }
    result.insert(feature, at: place)
  }

  /// The hash of a cross; nil where an event lacks a part of it.
  private func hash(ofCross index: Int, parts features: ArraySlice<Feature>) -> UInt64? {
    let count = crosses[index].parts.count
    let room = UnsafeMutableRawPointer(crosses[index].input.room(for: count &* 8))
    for part in 0..<count {
      let field = crosses[index].parts[part]
      guard let feature = features.first(where: { $0.field == field }) else { return nil }
      room.storeBytes(of: feature.hash.littleEndian, toByteOffset: part &* 8, as: UInt64.self)
    }
    return crosses[index].input.hash(room, count: count &* 8)
  }
}
