import Features
import JSONReading

/// Decodes labeled records and encodes their features; one for each thread.
///
/// Decoding a record allocates nothing once buffers have grown, unless the record is rejected. No input, however
/// damaged, does more than throw.
public final class EventDecoder {
  /// How records are written.
  public let format: RecordFormat

  /// The encoder that learning and scoring share.
  public let encoder: FeatureEncoder

  private let reader: JSONReader

  /// The schema.
  public var schema: Schema { encoder.schema }

  /// Makes a decoder.
  ///
  /// - Throws: everything that is wrong with the schema, also for the format.
  public init(_ schema: Schema, format: RecordFormat = .json) throws(InvalidSchema) {
    let problems = schema.validate(for: format)
    guard problems.isEmpty else { throw InvalidSchema(problems: problems) }
    self.format = format
    encoder = try FeatureEncoder(schema)
    reader = JSONReader(maximumBytes: schema.limits.maximumRecordBytes, maximumDepth: schema.limits.maximumDepth)
  }

  /// Decodes one record and appends its features.
  ///
  /// - Parameters:
  ///   - record: the whole record; it need not outlive the call.
  ///   - features: where its features are appended; unchanged where the record is rejected.
  /// - Returns: what else the record says.
  /// - Throws: why the record cannot be used.
  public func decode(
    _ record: UnsafeRawBufferPointer, into features: inout [Feature]
  ) throws(RejectedRecord) -> DecodedEvent {
    let most = schema.limits.maximumRecordBytes
    guard record.count <= most else {
      throw RejectedRecord(.recordTooLarge, "the record has \(record.count) bytes, and at most \(most) are taken")
    }
    switch format {
    case .json: return try decodeJSON(record, into: &features)
    case .libfm:
      // A byte order mark stands at the beginning of a file, and so of a record.
      let hasMark = record.starts(with: [0xEF, 0xBB, 0xBF])
      let line = hasMark ? UnsafeRawBufferPointer(rebasing: record[3...]) : record
      return try encoder.decodeLine(line, into: &features)
    }
  }

  /// Decodes one record given as text; for tests and cold paths.
  public func decode(_ record: String, into features: inout [Feature]) throws(RejectedRecord) -> DecodedEvent {
    let bytes = Array(record.utf8)
    let result = bytes.withUnsafeBytes { raw in
      Result { () throws(RejectedRecord) in try decode(raw, into: &features) }
    }
    return try result.get()
  }

  /// Encodes an instance without looking at its label, exactly as `decode` would encode its features.
  ///
  /// - Returns: where the features stand; none have been appended where the instance is rejected.
  /// - Throws: why the instance cannot be used.
  public func encode(_ instance: JSONValue, into features: inout [Feature]) throws(RejectedRecord) -> Range<Int> {
    try encoder.encode(instance, into: &features)
  }

  /// How an instance is encoded, feature by feature; a cold path.
  ///
  /// - Throws: why the instance cannot be used.
  public func describe(_ instance: JSONValue) throws(RejectedRecord) -> [DescribedFeature] {
    try encoder.describe(instance)
  }

  /// The canonical texts of a record's values by the hashes of their features; empty where the record cannot be used.
  /// A cold path.
  public func texts(of record: UnsafeRawBufferPointer) -> [UInt64: String] {
    encoder.description = FeatureEncoder.Description()
    defer { encoder.description = nil }
    var features: [Feature] = []
    guard (try? decode(record, into: &features)) != nil else { return [:] }
    return encoder.description?.texts ?? [:]
  }

  private func decodeJSON(
    _ record: UnsafeRawBufferPointer, into features: inout [Feature]
  ) throws(RejectedRecord) -> DecodedEvent {
    let isObject: Bool
    do {
      isObject = try reader.select(encoder.selection, from: record)
    } catch {
      throw RejectedRecord(error)
    }
    guard isObject else { throw FeatureEncoder.notAnObject }
    return try encoder.decodeFound(into: &features)
  }
}

extension RejectedRecord {
  /// The rejection of a record that is no JSON.
  public init(_ problem: JSONProblem) {
    let reason: RejectionReason =
      switch problem.kind {
      case .empty: .empty
      case .malformed: .badJSON
      case .invalidUTF8: .invalidUTF8
      case .tooDeep: .tooDeep
      case .tooLarge: .recordTooLarge
      case .notFinite: .notFinite
      case .integerTooLarge: .integerTooLarge
      case .noMemory: .noMemory
      }
    self.init(reason, problem.description)
  }
}
