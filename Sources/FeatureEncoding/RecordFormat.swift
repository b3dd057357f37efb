/// How a record's bytes are written.
public enum RecordFormat: String, Codable, Sendable, CaseIterable {
  /// One JSON object.
  case json
  /// One libfm (libsvm) line: `label id:value id:value ...`.
  case libfm
}
