import FeatureEncoding
import Foundation
import JSONReading

/// Instances drawn for a schema, where there are no real events to ask about.
///
/// They have the shape of the schema's events and nothing of their meaning: values that the model has never seen are
/// left out of a score, so such requests cost less than real ones.
public enum RandomInstances {
  /// The values that a categorical field takes.
  private static let distinctValues = 1_000

  /// Draws instances.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - schema: whose fields they have.
  ///   - seed: the same seed draws the same instances.
  /// - Returns: JSON objects.
  public static func make(_ count: Int, for schema: Schema, seed: UInt64) -> [[UInt8]] {
    // Fields may share a path, as several parts of one time do, or a number that is also taken as a category: the first
    // one draws the value, so the more particular go first.
    let fields = schema.features.sorted { $0.kind.breadth < $1.kind.breadth }
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in
      var object: [String: Any] = [:]
      for field in fields {
        guard let path = JSONPath(field.path) else { continue }
        insert(value(of: field, &generator), at: path.names[...], into: &object)
      }
      let data = try? JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
      return data.map { [UInt8]($0) } ?? Array("{}".utf8)
    }
  }

  private static func value(of field: FieldDefinition, _ generator: inout SplitMix64) -> Any {
    switch field.kind {
    case .categorical: return name(&generator)
    case .list: return (0..<Int.random(in: 1...8, using: &generator)).map { _ in name(&generator) }
    case .numeric(let transform, _): return number(for: transform, &generator)
    case .time(_, let format, _):
      let seconds = Int.random(in: 1_356_998_400..<1_388_534_400, using: &generator)
      switch format {
      case .rfc3339: return Date(timeIntervalSince1970: Double(seconds)).ISO8601Format()
      case .seconds: return seconds
      case .milliseconds: return seconds * 1000
      }
    }
  }

  private static func number(for transform: NumericTransform, _ generator: inout SplitMix64) -> Double {
    switch transform {
    case .identity: Double.random(in: -1...1, using: &generator)
    case .log1p: Double.random(in: 0...100, using: &generator)
    case .standardize(let mean, let scale): mean + scale * Double.random(in: -2...2, using: &generator)
    case .buckets(let boundaries):
      Double.random(in: (boundaries.first ?? 0) - 1...(boundaries.last ?? 0) + 1, using: &generator)
    case .bucketWidth(let width): width * Double.random(in: 0...20, using: &generator)
    }
  }

  /// Frequent and rare values, as in real events.
  private static func name(_ generator: inout SplitMix64) -> String {
    let uniform = Double.random(in: 0..<1, using: &generator)
    return "v\(Int(Double(distinctValues) * uniform * uniform * uniform))"
  }

  private static func insert(_ value: Any, at names: ArraySlice<String>, into object: inout [String: Any]) {
    guard let first = names.first else { return }
    if names.count == 1 {
      if object[first] == nil { object[first] = value }
      return
    }
    var inner = object[first] as? [String: Any] ?? [:]
    insert(value, at: names.dropFirst(), into: &inner)
    if object[first] == nil || object[first] is [String: Any] { object[first] = inner }
  }
}

extension FieldKind {
  /// The broader, the more kinds of values it takes: numbers or times alone, all but arrays, everything.
  fileprivate var breadth: Int {
    switch self {
    case .numeric, .time: 0
    case .categorical: 1
    case .list: 2
    }
  }
}
