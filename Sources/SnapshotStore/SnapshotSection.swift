/// A named, versioned part of a snapshot beside the model: the state of progressive validation, the counters, whatever
/// the next update or decision depends on. A new stateful feature adds a section; nothing else changes.
///
/// Its tensors are stored as `section/name` in the snapshot's file, its version in the file's metadata.
public struct SnapshotSection: Equatable, Sendable {
  /// The name, without a slash.
  public var name: String

  /// The version of what the tensors mean, from 1.
  public var version: Int

  /// Whether the section is part of an export. It is where it is a function of the events learned alone; it is not
  /// where it depends on when or how snapshots were taken, or on how often the daemon was started.
  public var isCanonical: Bool

  /// The tensors; their names are unique within the section.
  public var tensors: [Tensor]

  /// Makes a section.
  public init(_ name: String, version: Int, isCanonical: Bool, tensors: [Tensor]) {
    self.name = name
    self.version = version
    self.isCanonical = isCanonical
    self.tensors = tensors
  }

  /// The values of a tensor, where it is there.
  public subscript(name: String) -> Tensor.Values? {
    tensors.first { $0.name == name }?.values
  }
}

/// How sections appear in the metadata of a file.
enum SectionMetadata {
  static let prefix = "section."

  static func key(_ name: String) -> String { prefix + name }

  static func value(version: Int, isCanonical: Bool) -> String {
    "\(version)" + (isCanonical ? "" : " private")
  }

  /// The sections of a file: version and whether they are part of an export.
  static func sections(in file: SafetensorsFile) throws(SnapshotProblem) -> [String: (version: Int, isCanonical: Bool)]
  {
    var sections: [String: (version: Int, isCanonical: Bool)] = [:]
    for (key, value) in file.metadata where key.hasPrefix(prefix) {
      let words = value.split(separator: " ", omittingEmptySubsequences: false)
      guard let version = words.first.flatMap({ Int($0) }), words.count == 1 || words.dropFirst() == ["private"] else {
        throw file.damaged("its metadata '\(key)' is '\(value)'")
      }
      sections[String(key.dropFirst(prefix.count))] = (version, words.count == 1)
    }
    return sections
  }
}
