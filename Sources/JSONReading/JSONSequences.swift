/// The elements of an array, valid as long as the value they come from.
@frozen
public struct JSONElements: Sequence, IteratorProtocol {
  @usableFromInline let tape: UnsafePointer<UInt64>
  @usableFromInline let strings: UnsafePointer<UInt8>
  @usableFromInline var index: Int

  @inlinable @inline(__always) init(tape: UnsafePointer<UInt64>, strings: UnsafePointer<UInt8>, index: Int) {
    self.tape = tape
    self.strings = strings
    self.index = index
  }

  /// The next element, nil at the end.
  @inlinable @inline(__always) public mutating func next() -> JSONValue? {
    let value = JSONValue(tape: tape, strings: strings, index: index)
    guard value.tag != JSONValue.Tag.endOfArray else { return nil }
    index = value.next
    return value
  }
}

/// One member of an object: its key and its value, valid as long as the value they come from.
@frozen
public struct JSONMember {
  @usableFromInline let tape: UnsafePointer<UInt64>
  @usableFromInline let strings: UnsafePointer<UInt8>
  @usableFromInline let index: Int

  @inlinable @inline(__always) init(tape: UnsafePointer<UInt64>, strings: UnsafePointer<UInt8>, index: Int) {
    self.tape = tape
    self.strings = strings
    self.index = index
  }

  /// The UTF-8 bytes of the key with its escapes resolved.
  @inlinable @inline(__always) public var keyBytes: UnsafeRawBufferPointer {
    JSONValue(tape: tape, strings: strings, index: index).bytesOfString
  }

  /// The key as a Swift string.
  public var key: String { String(decoding: keyBytes, as: UTF8.self) }

  /// The value.
  @inlinable @inline(__always) public var value: JSONValue {
    JSONValue(tape: tape, strings: strings, index: index &+ 1)
  }

  /// Whether the key has exactly these bytes.
  @inlinable @inline(__always) public func hasKey(_ bytes: UnsafeRawBufferPointer) -> Bool {
    keyBytes.hasSameBytes(as: bytes)
  }
}

/// The members of an object, valid as long as the value they come from.
@frozen
public struct JSONMembers: Sequence, IteratorProtocol {
  @usableFromInline let tape: UnsafePointer<UInt64>
  @usableFromInline let strings: UnsafePointer<UInt8>
  @usableFromInline var index: Int

  @inlinable @inline(__always) init(tape: UnsafePointer<UInt64>, strings: UnsafePointer<UInt8>, index: Int) {
    self.tape = tape
    self.strings = strings
    self.index = index
  }

  /// The next member, nil at the end.
  @inlinable @inline(__always) public mutating func next() -> JSONMember? {
    let key = JSONValue(tape: tape, strings: strings, index: index)
    guard key.tag != JSONValue.Tag.endOfObject else { return nil }
    let member = JSONMember(tape: tape, strings: strings, index: index)
    index = member.value.next
    return member
  }
}
