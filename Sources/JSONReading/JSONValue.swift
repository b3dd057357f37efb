/// What a JSON value is.
@frozen
public enum JSONKind: Sendable {
  /// An object.
  case object
  /// An array.
  case array
  /// A string.
  case string
  /// A number written without fraction and exponent that fits in `Int64`.
  case integer
  /// A number written without fraction and exponent that fits in `UInt64` but not in `Int64`.
  case unsignedInteger
  /// Any other number; always finite.
  case double
  /// `true` or `false`.
  case bool
  /// `null`.
  case null
}

/// One value of a parsed document: a place on the reader's tape, valid until the reader parses again.
///
/// Copying a value and looking into it allocates nothing.
@frozen
public struct JSONValue {
  @usableFromInline let tape: UnsafePointer<UInt64>
  @usableFromInline let strings: UnsafePointer<UInt8>
  @usableFromInline let index: Int

  @inlinable @inline(__always) init(tape: UnsafePointer<UInt64>, strings: UnsafePointer<UInt8>, index: Int) {
    self.tape = tape
    self.strings = strings
    self.index = index
  }

  @inlinable @inline(__always) var tag: UInt8 { UInt8(truncatingIfNeeded: tape[index] &>> 56) }
  @inlinable @inline(__always) var payload: Int { Int(truncatingIfNeeded: tape[index] & 0x00FF_FFFF_FFFF_FFFF) }

  /// The place behind this value on the tape.
  @inlinable @inline(__always) var next: Int {
    switch tag {
    case Tag.object, Tag.array: Int(truncatingIfNeeded: tape[index] & 0xFFFF_FFFF)
    case Tag.integer, Tag.unsignedInteger, Tag.double: index &+ 2
    default: index &+ 1
    }
  }

  @usableFromInline enum Tag {
    @inlinable static var object: UInt8 { UInt8(ascii: "{") }
    @inlinable static var endOfObject: UInt8 { UInt8(ascii: "}") }
    @inlinable static var array: UInt8 { UInt8(ascii: "[") }
    @inlinable static var endOfArray: UInt8 { UInt8(ascii: "]") }
    @inlinable static var string: UInt8 { UInt8(ascii: "\"") }
    @inlinable static var integer: UInt8 { UInt8(ascii: "l") }
    @inlinable static var unsignedInteger: UInt8 { UInt8(ascii: "u") }
    @inlinable static var double: UInt8 { UInt8(ascii: "d") }
    @inlinable static var yes: UInt8 { UInt8(ascii: "t") }
    @inlinable static var no: UInt8 { UInt8(ascii: "f") }
    @inlinable static var null: UInt8 { UInt8(ascii: "n") }
  }

  /// The value's place on the tape, never 0; `value(atPlace:)` of any value of the same document leads back to it.
  @inlinable public var place: Int { index }

  /// The value that stands at a place of the same document.
  ///
  /// - Precondition: the place came from `place` of a value of this document.
  @inlinable public func value(atPlace place: Int) -> JSONValue {
    JSONValue(tape: tape, strings: strings, index: place)
  }

  /// What the value is.
  @inlinable public var kind: JSONKind {
    switch tag {
    case Tag.object: .object
    case Tag.array: .array
    case Tag.string: .string
    case Tag.integer: .integer
    case Tag.unsignedInteger: .unsignedInteger
    case Tag.double: .double
    case Tag.yes, Tag.no: .bool
    default: .null
    }
  }

  /// Whether the value is `null`.
  @inlinable public var isNull: Bool { tag == Tag.null }

  /// The value of a boolean, nil for anything else.
  @inlinable public var bool: Bool? {
    switch tag {
    case Tag.yes: true
    case Tag.no: false
    default: nil
    }
  }

  /// The number, where it was written as an integer and fits.
  @inlinable public var int64: Int64? {
    tag == Tag.integer ? Int64(bitPattern: tape[index &+ 1]) : nil
  }

  /// The number, where it was written as an integer, is not negative and fits.
  @inlinable public var uint64: UInt64? {
    switch tag {
    case Tag.unsignedInteger: tape[index &+ 1]
    case Tag.integer: UInt64(exactly: Int64(bitPattern: tape[index &+ 1]))
    default: nil
    }
  }

  /// The number as a double (rounded to nearest where an integer needs it), nil for anything else; always finite.
  @inlinable public var double: Double? {
    switch tag {
    case Tag.double: Double(bitPattern: tape[index &+ 1])
    case Tag.integer: Double(Int64(bitPattern: tape[index &+ 1]))
    case Tag.unsignedInteger: Double(tape[index &+ 1])
    default: nil
    }
  }

  /// The UTF-8 bytes of a string with its escapes resolved, nil for anything else; valid as long as the value is.
  @inlinable public var stringBytes: UnsafeRawBufferPointer? {
    tag == Tag.string ? bytesOfString : nil
  }

  /// A string as a Swift string, nil for anything else.
  public var string: String? {
    stringBytes.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes of the string that stands here. Precondition: the tag is that of a string.
  @inlinable @inline(__always) var bytesOfString: UnsafeRawBufferPointer {
    let start = UnsafeRawPointer(strings + payload)
    let length = Int(UInt32(littleEndian: start.loadUnaligned(as: UInt32.self)))
    return UnsafeRawBufferPointer(start: start + 4, count: length)
  }

  /// The elements of an array, nil for anything else.
  @inlinable public var elements: JSONElements? {
    tag == Tag.array ? JSONElements(tape: tape, strings: strings, index: index &+ 1) : nil
  }

  /// The members of an object in the order they were written, repeated keys included; nil for anything else.
  @inlinable public var members: JSONMembers? {
    tag == Tag.object ? JSONMembers(tape: tape, strings: strings, index: index &+ 1) : nil
  }

  /// The member of an object whose key has exactly these bytes; nil where there is none or this is no object.
  public func member(_ key: UnsafeRawBufferPointer) -> JSONValue? {
    guard let members else { return nil }
    for member in members where member.hasKey(key) { return member.value }
    return nil
  }

  /// The member of an object by name; nil where there is none or this is no object.
  public func member(_ name: String) -> JSONValue? {
    var name = name
    return name.withUTF8 { member(UnsafeRawBufferPointer($0)) }
  }

  /// The value a path leads to through nested objects; nil where a step is missing or leads into something else.
  public func value(at path: JSONPath) -> JSONValue? {
    var value = self
    for name in path.names {
      guard let next = value.member(name) else { return nil }
      value = next
    }
    return value
  }
}
