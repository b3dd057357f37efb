/// One array of a saved state, under a name.
public struct NamedArray: Equatable, Sendable {
  /// The numbers, of one of the types a snapshot can hold.
  public enum Values: Equatable, Sendable {
    /// 32-bit floating-point numbers.
    case float([Float])
    /// 64-bit floating-point numbers.
    case double([Double])
    /// 64-bit unsigned integers.
    case unsigned([UInt64])
    /// Bytes.
    case bytes([UInt8])
  }

  /// The array's name, unique within the state.
  public var name: String

  /// Its numbers.
  public var values: Values

  /// Makes an array.
  public init(_ name: String, _ values: Values) {
    self.name = name
    self.values = values
  }
}

/// Why a saved state of progressive validation cannot be put back.
public enum ProgressiveStateProblem: Error, Equatable, CustomStringConvertible {
  /// The array is missing, or of another type than it should be.
  case missing(String)
  /// The array has another length than it should.
  case wrongLength(String, Int)

  /// What was wrong with which array, and what follows.
  public var description: String {
    switch self {
    case .missing(let name):
      "progressive validation: the array '\(name)' is missing or of another type; the snapshot was written by another "
        + "version, or damaged"
    case .wrongLength(let name, let length):
      "progressive validation: the array '\(name)' has an impossible length, \(length); the snapshot is damaged"
    }
  }
}

/// Looks the arrays of a state up by name and type.
struct SavedArrays {
  private let arrays: [String: NamedArray.Values]

  init(_ arrays: [NamedArray]) {
    self.arrays = Dictionary(arrays.map { ($0.name, $0.values) }, uniquingKeysWith: { first, _ in first })
  }

  func floats(_ name: String) throws(ProgressiveStateProblem) -> [Float] {
    guard case .float(let values)? = arrays[name] else { throw .missing(name) }
    return values
  }

  func doubles(_ name: String, count: Int? = nil) throws(ProgressiveStateProblem) -> [Double] {
    guard case .double(let values)? = arrays[name] else { throw .missing(name) }
    if let count, values.count != count { throw .wrongLength(name, values.count) }
    return values
  }

  func unsigned(_ name: String, count: Int? = nil) throws(ProgressiveStateProblem) -> [UInt64] {
    guard case .unsigned(let values)? = arrays[name] else { throw .missing(name) }
    if let count, values.count != count { throw .wrongLength(name, values.count) }
    return values
  }

  func bytes(_ name: String) throws(ProgressiveStateProblem) -> [UInt8] {
    guard case .bytes(let values)? = arrays[name] else { throw .missing(name) }
    return values
  }
}
