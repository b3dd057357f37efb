/// The element types a snapshot's tensors may have, by their safetensors names; all little-endian.
public enum TensorType: String, CaseIterable, Sendable {
  /// 64-bit floating point.
  case float64 = "F64"
  /// 64-bit signed integer.
  case signed64 = "I64"
  /// 64-bit unsigned integer.
  case unsigned64 = "U64"
  /// 32-bit floating point.
  case float32 = "F32"
  /// 32-bit unsigned integer.
  case unsigned32 = "U32"
  /// A byte.
  case unsigned8 = "U8"

  /// The size of an element in bytes.
  public var size: Int {
    switch self {
    case .float64, .signed64, .unsigned64: 8
    case .float32, .unsigned32: 4
    case .unsigned8: 1
    }
  }
}
