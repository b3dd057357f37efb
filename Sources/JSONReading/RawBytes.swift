/// Whether `count` bytes at two places are the same; keys are a few bytes, where a call to memcmp costs more.
@inlinable @inline(__always)
func sameBytes(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
  var position = 0
  while position &+ 8 <= count {
    let (a, b) = (left + position, right + position)
    guard a.loadUnaligned(as: UInt64.self) == b.loadUnaligned(as: UInt64.self) else { return false }
    position &+= 8
  }
  while position < count {
    guard left.load(fromByteOffset: position, as: UInt8.self) == right.load(fromByteOffset: position, as: UInt8.self)
    else { return false }
    position &+= 1
  }
  return true
}

extension UnsafeRawBufferPointer {
  /// Whether both hold the same bytes.
  @inlinable @inline(__always)
  public func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard count > 0, let left = baseAddress, let right = other.baseAddress else { return true }
    return sameBytes(left, right, count)
  }
}
