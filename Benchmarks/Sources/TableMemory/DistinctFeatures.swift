import Foundation

/// Events whose features no other event has, so that a table fills as fast as it can.
enum DistinctFeatures {
  /// The features of an event.
  static let fields = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]

  /// Writes so many events to a file, one JSON object a line.
  static func write(events: Int, to path: String) throws {
    var text: [UInt8] = []
    for event in 0..<events {
      text.append(contentsOf: "{\"label\":\(event % 3 == 0 ? 1 : 0)".utf8)
      for field in fields { text.append(contentsOf: ",\"\(field)\":\(event)".utf8) }
      text.append(contentsOf: "}\n".utf8)
    }
    try Data(text).write(to: URL(fileURLWithPath: path))
  }

  /// The settings of a daemon that learns such a file with a table of so many slots.
  static func settings(folder: String, events: String, slots: Int, kind: String) -> String {
    """
    state_directory: \(folder)/state
    source:
      kind: file
      file: {path: \(events), follow: true}
    schema: {features: [\(fields.joined(separator: ", "))]}
    learning: {kind: \(kind), table: {slots: \(slots)}}
    snapshots: {every: null, on_shutdown: false}
    sockets:
      score: {path: \(folder)/score.sock}
      control: {path: \(folder)/control.sock}
    """
  }
}
