// Unsafe memory: lines are parsed within the call and copied.
import JSONReading

/// Reads instances, one JSON object a line, for commands that score.
///
/// Each is checked to be exactly one object before it becomes part of a request. A file whose first line is only the
/// beginning of an object is taken as one object over several lines.
final class InstanceReader {
  /// One instance.
  struct Instance {
    /// Its JSON.
    var json: [UInt8]
    /// The line it began on, counted from 1.
    var line: Int
  }

  private let lines: LineReader
  private let name: String
  private let reader = JSONReader(maximumBytes: 64 << 20, maximumDepth: 64)
  private var isFirst = true

  init(_ input: InputBytes) {
    name = input.name
    lines = LineReader(input)
  }

  /// Whether the next instance can be had without waiting for the input.
  var holdsInstance: Bool { lines.holdsLine }

  /// The next instance; nil at the end. Empty lines are passed over.
  func next() throws(Failure) -> Instance? {
    while let line = try lines.next() {
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
      let instance = Instance(json: Array(line), line: lines.number)
      do {
        try Self.check(instance.json, reader, "\(name), line \(instance.line)")
      } catch {
        guard isFirst else { throw error }
        return try readWhole(after: instance, error)
      }
      isFirst = false
      return instance
    }
    return nil
  }

  private func readWhole(after first: Instance, _ problem: Failure) throws(Failure) -> Instance {
    isFirst = false
    // A line that ends like a whole object is a bad line, not the beginning of something.
    guard let last = first.json.last(where: { $0 != 0x20 && $0 != 0x09 }), last != UInt8(ascii: "}") else {
      throw problem
    }
    var instance = first
    while let line = try lines.next() {
      // Line feeds would end a request over the line protocol; white space is white space.
      instance.json.append(UInt8(ascii: " "))
      instance.json += line
      guard instance.json.count <= 64 << 20 else { throw problem }
    }
    do {
      try Self.check(instance.json, reader, name)
    } catch {
      throw problem
    }
    return instance
  }

  /// Makes sure that some text is exactly one JSON object.
  static func check(_ json: [UInt8], _ reader: JSONReader, _ place: String) throws(Failure) {
    let result = json.withUnsafeBytes { bytes in
      Result { () throws(JSONProblem) in try reader.parse(bytes).kind == .object }
    }
    switch result {
    case .success(true): return
    case .success(false):
      throw Failure(.badData, "\(place): an instance is a JSON object, such as {\"carrier\":\"UA\"}")
    case .failure(let problem): throw Failure(.badData, "\(place): \(problem)")
    }
  }
}
