// Unsafe pointers here view an array's own storage during one call, within its bounds. Elements are in the machine's
// byte order, which is little-endian on every platform the product runs on, as safetensors wants it.

/// A named array of numbers with a shape: what a snapshot holds besides the rows of the embedding table.
public struct Tensor: Equatable, Sendable {
  /// The numbers, in row-major order.
  public enum Values: Equatable, Sendable {
    /// 64-bit floating point.
    case float64([Double])
    /// 64-bit signed integers.
    case signed64([Int64])
    /// 64-bit unsigned integers.
    case unsigned64([UInt64])
    /// 32-bit floating point.
    case float32([Float])
    /// 32-bit unsigned integers.
    case unsigned32([UInt32])
    /// Bytes.
    case unsigned8([UInt8])
  }

  /// The name, unique within its section or among the dense parameters.
  public var name: String

  /// The extent of each dimension; empty for a single number.
  public var shape: [Int]

  /// The numbers; as many as the product of the shape.
  public var values: Values

  /// Makes a tensor; without a shape it is a vector.
  public init(_ name: String, shape: [Int]? = nil, _ values: Values) {
    self.name = name
    self.values = values
    self.shape = shape ?? [values.count]
  }

  /// The element type.
  public var type: TensorType { values.type }
}

extension Tensor.Values {
  /// The element type.
  public var type: TensorType {
    switch self {
    case .float64: .float64
    case .signed64: .signed64
    case .unsigned64: .unsigned64
    case .float32: .float32
    case .unsigned32: .unsigned32
    case .unsigned8: .unsigned8
    }
  }

  /// The number of elements.
  public var count: Int {
    switch self {
    case .float64(let values): values.count
    case .signed64(let values): values.count
    case .unsigned64(let values): values.count
    case .float32(let values): values.count
    case .unsigned32(let values): values.count
    case .unsigned8(let values): values.count
    }
  }

  /// Whether every number is finite; integers always are.
  var isFinite: Bool {
    switch self {
    case .float32(let values): values.allSatisfy(\.isFinite)
    case .float64(let values): values.allSatisfy(\.isFinite)
    default: true
    }
  }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws(SnapshotProblem) -> Result) throws(SnapshotProblem)
    -> Result
  {
    switch self {
    case .float64(let values): try values.withBytes(body)
    case .signed64(let values): try values.withBytes(body)
    case .unsigned64(let values): try values.withBytes(body)
    case .float32(let values): try values.withBytes(body)
    case .unsigned32(let values): try values.withBytes(body)
    case .unsigned8(let values): try values.withBytes(body)
    }
  }

  /// Makes values of a type by filling their memory.
  init(
    _ type: TensorType, count: Int, filling body: (UnsafeMutableRawBufferPointer) throws(SnapshotProblem) -> Void
  ) throws(SnapshotProblem) {
    switch type {
    case .float64: self = .float64(try filled(count, with: 0, body))
    case .signed64: self = .signed64(try filled(count, with: 0, body))
    case .unsigned64: self = .unsigned64(try filled(count, with: 0, body))
    case .float32: self = .float32(try filled(count, with: 0, body))
    case .unsigned32: self = .unsigned32(try filled(count, with: 0, body))
    case .unsigned8: self = .unsigned8(try filled(count, with: 0, body))
    }
  }
}

/// An array whose memory `body` fills.
func filled<Element>(
  _ count: Int, with zero: Element, _ body: (UnsafeMutableRawBufferPointer) throws(SnapshotProblem) -> Void
) throws(SnapshotProblem) -> [Element] {
  var array = [Element](repeating: zero, count: count)
  try array.withUnsafeMutableBufferPointer { (buffer) throws(SnapshotProblem) in
    try body(UnsafeMutableRawBufferPointer(buffer))
  }
  return array
}

extension Array {
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws(SnapshotProblem) -> Result) throws(SnapshotProblem)
    -> Result
  {
    try withUnsafeBufferPointer { (buffer) throws(SnapshotProblem) in try body(UnsafeRawBufferPointer(buffer)) }
  }
}
