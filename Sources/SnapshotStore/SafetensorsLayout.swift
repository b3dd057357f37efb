/// Where one tensor lies in a safetensors file.
struct TensorPlace: Equatable, Sendable {
  var name: String
  var type: TensorType
  var shape: [Int]

  /// The first byte's offset from the beginning of the data, which follows the header.
  var offset: UInt64 = 0

  /// The length in bytes.
  var byteCount: UInt64 = 0

  /// The number of elements, where the product of the shape is one that memory could hold.
  static func elements(of shape: [Int]) -> Int? {
    var product = 1
    for extent in shape {
      guard extent >= 0 else { return nil }
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      if overflow { return nil }
      product = next
    }
    return product
  }
}

/// The header of a safetensors file to be written: which tensor lies where.
///
/// The layout is a function of the metadata and of the tensors' names, types and shapes alone: tensors are ordered by
/// falling element size, then by name, so that every one is aligned to its elements and equal models give equal files.
/// The header is padded with spaces so that the data begins at a multiple of 64 bytes.
struct SafetensorsLayout: Sendable {
  /// The tensors, in the order of the file.
  let places: [TensorPlace]

  /// The header: its length in 8 bytes, then its JSON.
  let header: [UInt8]

  /// Where the data begins in the file.
  var dataStart: UInt64 { UInt64(header.count) }

  /// The length of the file in bytes.
  let fileSize: UInt64

  private let indices: [String: Int]

  /// Lays out a file.
  ///
  /// - Throws: `misuse` where a name occurs twice or a shape is impossible.
  init(metadata: [String: String], tensors: [TensorPlace]) throws(SnapshotProblem) {
    var places = tensors.sorted { ($0.type.size, $1.name) > ($1.type.size, $0.name) }
    var indices: [String: Int] = [:]
    var offset: UInt64 = 0
    for index in places.indices {
      let place = places[index]
      guard let elements = TensorPlace.elements(of: place.shape),
        case let (bytes, overflow) = elements.multipliedReportingOverflow(by: place.type.size), !overflow
      else {
        throw SnapshotProblem(.misuse, "the tensor '\(place.name)' has the impossible shape \(place.shape)")
      }
      guard place.name != "__metadata__", indices.updateValue(index, forKey: place.name) == nil else {
        throw SnapshotProblem(.misuse, "there are two tensors of the name '\(place.name)'")
      }
      places[index].offset = offset
      places[index].byteCount = UInt64(bytes)
      offset &+= UInt64(bytes)
    }
    self.places = places
    self.indices = indices
    header = SafetensorsLayout.header(metadata, places)
    fileSize = UInt64(header.count) &+ offset
  }

  /// The place of a tensor.
  subscript(name: String) -> TensorPlace? {
    indices[name].map { places[$0] }
  }

  private static func header(_ metadata: [String: String], _ places: [TensorPlace]) -> [UInt8] {
    var members = [
      "\"__metadata__\":{"
        + metadata.sorted { $0.key < $1.key }.map { quoted($0.key) + ":" + quoted($0.value) }.joined(separator: ",")
        + "}"
    ]
    for place in places {
      let shape = place.shape.map(String.init).joined(separator: ",")
      let end = place.offset &+ place.byteCount
      members.append(
        quoted(place.name)
          + ":{\"dtype\":\"\(place.type.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(place.offset),\(end)]}")
    }
    var json = Array(("{" + members.joined(separator: ",") + "}").utf8)
    let padding = (64 - (8 + json.count) % 64) % 64
    json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: padding))
    let length = UInt64(json.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) } + json
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{0}"..."\u{1F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
