import DurableFiles

// Unsafe pointers here are destinations of `pread`, used during one call within their bounds.

/// A safetensors file opened for reading, its header checked: tensors cover the data without gap or overlap, and every
/// length agrees with type and shape. Reading takes nothing from it on trust.
struct SafetensorsFile: Sendable {
  /// The free-form strings of the header.
  let metadata: [String: String]

  /// The tensors, in the order of the file.
  let places: [TensorPlace]

  private let file: OpenFile
  private let dataStart: UInt64
  private let indices: [String: Int]

  /// The path it was opened by.
  var path: String { file.path }

  /// The longest header that is read.
  static let maximumHeader = 1 << 24

  /// Opens a file and checks its header.
  init(_ path: String) throws(SnapshotProblem) {
    func damaged(_ detail: String) -> SnapshotProblem { SnapshotProblem(.damaged, "\(path) is damaged: \(detail)") }

    let file = try translating { () throws(FileProblem) in try OpenFile(path, .read) }
    let size = try translating { () throws(FileProblem) in try file.size() }
    var prefix: UInt64 = 0
    let prefixLength = try translating { () throws(FileProblem) in
      try withUnsafeMutableBytes(of: &prefix) { (buffer) throws(FileProblem) in try file.read(into: buffer, at: 0) }
    }
    guard prefixLength == 8 else { throw damaged("it is shorter than a header's length") }
    let length = UInt64(littleEndian: prefix)
    guard length <= UInt64(SafetensorsFile.maximumHeader), length <= size - 8 else {
      throw damaged("the header claims \(length) bytes, of a file of \(size)")
    }
    let header: [UInt8] = try filled(Int(length), with: 0) { (buffer) throws(SnapshotProblem) in
      let count = try translating { () throws(FileProblem) in try file.read(into: buffer, at: 8) }
      guard count == buffer.count else { throw damaged("it became shorter while it was read") }
    }
    let parsed: (metadata: [String: String], places: [TensorPlace])
    do throws(SafetensorsHeaderParser.Problem) {
      parsed = try SafetensorsHeaderParser.parse(header)
    } catch {
      throw damaged("byte \(error.offset) of its header: \(error.message)")
    }

    let places = parsed.places.sorted { ($0.offset, $0.byteCount, $0.name) < ($1.offset, $1.byteCount, $1.name) }
    var end: UInt64 = 0
    var indices: [String: Int] = [:]
    for (index, place) in places.enumerated() {
      guard let elements = TensorPlace.elements(of: place.shape),
        case let (bytes, overflow) = elements.multipliedReportingOverflow(by: place.type.size), !overflow,
        UInt64(bytes) == place.byteCount
      else { throw damaged("the tensor '\(place.name)' has another length than its shape") }
      guard place.offset == end else { throw damaged("a gap or an overlap before the tensor '\(place.name)'") }
      let (next, past) = end.addingReportingOverflow(place.byteCount)
      guard !past else { throw damaged("the tensor '\(place.name)' is impossibly long") }
      end = next
      indices[place.name] = index
    }
    guard end == size - 8 - length else {
      throw damaged("the tensors have \(end) bytes, the file has \(size - 8 - length) after its header")
    }
    self.file = file
    self.metadata = parsed.metadata
    self.places = places
    self.indices = indices
    dataStart = 8 + length
  }

  /// The place of a tensor.
  subscript(name: String) -> TensorPlace? {
    indices[name].map { places[$0] }
  }

  /// The place of a tensor that must be there with a type and shape.
  func place(_ name: String, _ type: TensorType, _ shape: [Int]) throws(SnapshotProblem) -> TensorPlace {
    guard let place = self[name] else { throw damaged("the tensor '\(name)' is missing") }
    guard place.type == type, place.shape == shape else {
      throw damaged(
        "the tensor '\(name)' is \(place.type.rawValue) \(place.shape) instead of \(type.rawValue) \(shape)")
    }
    return place
  }

  /// Reads a whole tensor.
  func tensor(_ place: TensorPlace) throws(SnapshotProblem) -> Tensor {
    let count = TensorPlace.elements(of: place.shape) ?? 0
    let values = try Tensor.Values(place.type, count: count) { (buffer) throws(SnapshotProblem) in
      try read(place, from: 0, into: buffer)
    }
    return Tensor(place.name, shape: place.shape, values)
  }

  /// Fills `buffer` with a tensor's bytes from byte `start` of the tensor on.
  func read(_ place: TensorPlace, from start: UInt64, into buffer: UnsafeMutableRawBufferPointer)
    throws(SnapshotProblem)
  {
    guard start <= place.byteCount, UInt64(buffer.count) <= place.byteCount - start else {
      throw SnapshotProblem(.misuse, "reading past the end of the tensor '\(place.name)'")
    }
    let offset = dataStart + place.offset + start
    let count = try translating { () throws(FileProblem) in try file.read(into: buffer, at: offset) }
    guard count == buffer.count else { throw damaged("it became shorter while it was read") }
  }

  /// A whole number among the metadata.
  func number(_ key: String) throws(SnapshotProblem) -> UInt64 {
    guard let number = metadata[key].flatMap({ UInt64($0) }) else {
      throw damaged("its metadata lacks a whole number '\(key)'")
    }
    return number
  }

  func damaged(_ detail: String) -> SnapshotProblem {
    SnapshotProblem(.damaged, "\(path) is damaged: \(detail)")
  }
}
