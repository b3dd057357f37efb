import Foundation

/// One damage to one file, as disks and people do it.
struct Damage: CustomStringConvertible {
  /// What is done to the file.
  enum Kind {
    /// One bit of one byte is turned.
    case bit(byte: Int, bit: Int)
    /// The file ends early.
    case cut(to: Int)
    /// A page, or what the file has of it, is zeros.
    case zeros(Range<Int>)
    /// Something follows that nobody wrote there.
    case garbage([UInt8])
  }

  /// The file's path within the state directory.
  let file: String
  let kind: Kind

  /// Draws a damage to a file of the given content: one that changes it.
  init(to file: String, content: Data, using generator: inout SeededGenerator) {
    self.file = file
    let size = content.count
    while true {
      switch size == 0 ? 3 : Int.random(in: 0..<4, using: &generator) {
      case 0:
        kind = .bit(byte: Int.random(in: 0..<size, using: &generator), bit: Int.random(in: 0..<8, using: &generator))
        return
      case 1:
        kind = .cut(to: Int.random(in: 0..<size, using: &generator))
        return
      case 2:
        let page = Int.random(in: 0...(size - 1) / 4096, using: &generator) * 4096
        let range = page..<min(size, page + 4096)
        guard content[range].contains(where: { $0 != 0 }) else { continue }
        kind = .zeros(range)
        return
      default:
        let count = Int.random(in: 1...200, using: &generator)
        kind = .garbage((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
        return
      }
    }
  }

  /// The first byte that is not what it was.
  func start(in content: Data) -> Int {
    switch kind {
    case .bit(let byte, _): byte
    case .cut(let size): size
    case .zeros(let range): range.first { content[$0] != 0 } ?? range.lowerBound
    case .garbage: content.count
    }
  }

  /// Whether a crash could have left an append log like that: a beginning of it, and nothing, zeros or less than a
  /// record's header behind.
  func looksLikeACrash(of content: Data) -> Bool {
    switch kind {
    case .bit: false
    case .cut: true
    case .zeros(let range): range.upperBound == content.count
    case .garbage(let bytes): bytes.count < 16 || bytes.allSatisfy { $0 == 0 }
    }
  }

  /// The content with the damage done.
  func done(to content: Data) -> Data {
    var content = content
    switch kind {
    case .bit(let byte, let bit): content[byte] ^= 1 << bit
    case .cut(let size): content = content.prefix(size)
    case .zeros(let range): content.replaceSubrange(range, with: Data(count: range.count))
    case .garbage(let bytes): content.append(contentsOf: bytes)
    }
    return content
  }

  /// The kind in a word.
  var kindName: String {
    switch kind {
    case .bit: "bit"
    case .cut: "cut"
    case .zeros: "zeros"
    case .garbage: "garbage"
    }
  }

  var description: String {
    switch kind {
    case .bit(let byte, let bit): "\(file): bit \(bit) of byte \(byte) turned"
    case .cut(let size): "\(file): cut to \(size) bytes"
    case .zeros(let range): "\(file): bytes \(range) zeroed"
    case .garbage(let bytes): "\(file): \(bytes.count) bytes of garbage appended"
    }
  }
}

/// An append log as its bytes lie in the file.
struct LogBytes {
  /// Where its records end, the first entry being the end of the magic bytes.
  private(set) var ends = [8]
  private let content: Data

  /// Finds the records of an undamaged log.
  init(_ content: Data) {
    self.content = content
    while let end = ends.last, end + 16 <= content.count {
      let length = content[end..<end + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
      ends.append(end + 16 + length)
    }
  }

  /// The segment that the header of a journal's segment says it goes on from, and after how many of its records.
  var previous: (segment: UInt64, records: UInt64) {
    (number(at: 8 + 16 + 8), number(at: 8 + 16 + 16))
  }

  /// Where the entry ends up to which a journal's segment holds so many records.
  func end(ofRecords count: UInt64) -> Int {
    var sum: UInt64 = 0
    for (start, end) in zip(ends.dropFirst(), ends.dropFirst(2)) {
      if sum >= count { return start }
      for entry in stride(from: start + 16, to: end, by: 16) { sum += number(at: entry + 8) >> 32 }
    }
    return content.count
  }

  private func number(at place: Int) -> UInt64 {
    content[place..<place + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
