import Foundation

// Unsafe pointers here view the bytes of one record during the call, each place compared with their end first.

/// Records of the lineage as JSON.
enum LineageEntryText {
  /// The JSON of a record.
  static func bytes(of entry: LineageEntry) throws(SnapshotProblem) -> [UInt8] {
    do {
      return [UInt8](try ManifestJSON.encoder().encode(entry))
    } catch {
      throw SnapshotProblem(.misuse, "a record of the lineage cannot be written as JSON: \(error)")
    }
  }

  /// The JSON of each of several records.
  static func bytes(of entries: [LineageEntry]) throws(SnapshotProblem) -> [[UInt8]] {
    var contents: [[UInt8]] = []
    for entry in entries { contents.append(try bytes(of: entry)) }
    return contents
  }

  /// Reads a record. Nearly all of a long log say that a snapshot became current, in a form that needs no parser: half
  /// a million of them are read in a second instead of half a minute.
  static func entry(_ record: UnsafeRawBufferPointer) throws -> LineageEntry {
    if let entry = snapshot(record) { return entry }
    return try ManifestJSON.decoder().decode(LineageEntry.self, from: Data(record))
  }

  /// A record of exactly this form, with its keys in order and nothing else:
  /// `{"record":{"snapshot":{"_0":{"events_learned":9,"id":2,"line":1,"parent":1}}},"time":"2026-01-01T00:00:00Z"}`.
  private static func snapshot(_ record: UnsafeRawBufferPointer) -> LineageEntry? {
    var text = RecordText(record)
    guard text.skip("{\"record\":{\"snapshot\":{\"_0\":{\"events_learned\":"), let events = text.number(),
      text.skip(",\"id\":"), let id = text.number(), text.skip(",\"line\":"), let line = text.number()
    else { return nil }
    var parent: UInt64?
    if text.skip(",\"parent\":") {
      parent = text.number()
      if parent == nil { return nil }
    }
    guard text.skip("}}},\"time\":\""), let time = text.plain(), text.skip("\"}"), text.isAtEnd else { return nil }
    let snapshot = LineageRecord.Snapshot(id: id, parent: parent, line: line, eventsLearned: events)
    return LineageEntry(time: time, .snapshot(snapshot))
  }
}

/// Goes through a text from its beginning.
private struct RecordText {
  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { place == bytes.count }

  /// Passes a text; false, and unmoved, where another stands there.
  mutating func skip(_ wanted: StaticString) -> Bool {
    let count = wanted.utf8CodeUnitCount
    guard count <= bytes.count - place else { return false }
    let part = UnsafeRawBufferPointer(rebasing: bytes[place..<place + count])
    guard part.elementsEqual(UnsafeRawBufferPointer(start: wanted.utf8Start, count: count)) else { return false }
    place += count
    return true
  }

  /// Passes digits; nil where there are none, or too many.
  mutating func number() -> UInt64? {
    var value: UInt64 = 0
    let start = place
    while place < bytes.count, (0x30...0x39).contains(bytes[place]) {
      guard place - start < 18 else { return nil }
      value = value * 10 + UInt64(bytes[place] - 0x30)
      place += 1
    }
    return place > start ? value : nil
  }

  /// Passes letters, digits and the marks of a time; nil where there are none.
  mutating func plain() -> String? {
    let start = place
    while place < bytes.count, bytes[place] >= 0x20, bytes[place] < 0x7F, bytes[place] != 0x22, bytes[place] != 0x5C {
      place += 1
    }
    guard place > start else { return nil }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }
}
