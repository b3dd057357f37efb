import Foundation

/// Any JSON value: what a manifest carries for rooms whose types the store does not know (the schema, the summary of
/// progressive validation).
public enum EmbeddedJSON: Codable, Equatable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A whole number.
  case integer(Int64)
  /// A whole number too large for the former.
  case unsigned(UInt64)
  /// Any other number.
  case number(Double)
  /// A string.
  case string(String)
  /// An array.
  case array([EmbeddedJSON])
  /// An object.
  case object([String: EmbeddedJSON])

  /// The JSON of a value, under the keys that the value's own coding gives.
  public init(encoding value: some Encodable) throws(SnapshotProblem) {
    do {
      self = try ManifestJSON.plainDecoder().decode(EmbeddedJSON.self, from: ManifestJSON.plainEncoder().encode(value))
    } catch {
      throw SnapshotProblem(.misuse, "a value cannot be written as JSON: \(error)")
    }
  }

  /// The value that this is the JSON of.
  public func decode<Value: Decodable>(_ type: Value.Type) throws(SnapshotProblem) -> Value {
    do {
      return try ManifestJSON.plainDecoder().decode(type, from: ManifestJSON.plainEncoder().encode(self))
    } catch {
      throw SnapshotProblem(.unsupported, "the manifest's \(type) cannot be read by this version: \(error)")
    }
  }

  /// Reads any JSON value.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(UInt64.self) {
      self = .unsigned(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([EmbeddedJSON].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: EmbeddedJSON].self))
    }
  }

  /// Writes the value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .unsigned(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}

/// How the store writes and reads JSON: sorted keys in snake case, so that equal values give equal bytes.
enum ManifestJSON {
  static func encoder() -> JSONEncoder {
    let encoder = plainEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return encoder
  }

  static func decoder() -> JSONDecoder {
    let decoder = plainDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }

  /// With the keys as they are: for values inside `EmbeddedJSON`.
  static func plainEncoder() -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }

  static func plainDecoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }

  /// The present time, RFC 3339 in UTC, to the second.
  static func now() -> String {
    Date.now.formatted(.iso8601)
  }
}
