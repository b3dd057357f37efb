import DurableFiles

// Unsafe pointers here view the caller's bytes, or a buffer allocated in the same function, within their bounds.

/// Writes a safetensors file piece by piece: tensors in any order, the bytes of each from its first to its last. One
/// owner.
///
/// Every byte is taken into a checksum as it is meant, before the system has it, and `readBack` compares the file with
/// these: a byte that is lost or changed on its way is noticed, and never certified by the checksum of what arrived.
final class SafetensorsWriter {
  let layout: SafetensorsLayout
  private let file: OpenFile
  private var meant: [String: MeantTensor] = [:]

  /// The bytes of a tensor as they were handed over so far.
  private final class MeantTensor {
    let checksum = RunningChecksum()
    var count: UInt64 = 0
  }

  /// Makes the file, of its final length, and writes the header.
  init(_ path: String, _ layout: SafetensorsLayout) throws(SnapshotProblem) {
    self.layout = layout
    file = try translating { () throws(FileProblem) in
      let file = try OpenFile(path, .replace)
      try file.write(layout.header, at: 0)
      try file.truncate(to: layout.fileSize)
      return file
    }
    for place in layout.places { meant[place.name] = MeantTensor() }
  }

  /// Writes a whole tensor.
  func write(_ values: Tensor.Values, to place: TensorPlace) throws(SnapshotProblem) {
    try values.withBytes { (bytes) throws(SnapshotProblem) in try write(bytes, to: place, at: 0) }
  }

  /// Writes the next bytes of a tensor, which begin at its byte `start`.
  func write(_ bytes: UnsafeRawBufferPointer, to place: TensorPlace, at start: UInt64) throws(SnapshotProblem) {
    guard start <= place.byteCount, UInt64(bytes.count) <= place.byteCount - start else {
      throw SnapshotProblem(.misuse, "writing past the end of the tensor '\(place.name)'")
    }
    guard let tensor = meant[place.name], tensor.count == start else {
      throw SnapshotProblem(.misuse, "the bytes of the tensor '\(place.name)' do not follow each other")
    }
    tensor.checksum.update(bytes)
    tensor.count += UInt64(bytes.count)
    try translating { () throws(FileProblem) in try file.write(bytes, at: layout.dataStart + place.offset + start) }
  }

  /// Waits until the file is on the disk, reads it back and compares its header and every tensor with what was meant.
  ///
  /// - Returns: the checksum of the whole file.
  /// - Throws: `damaged` where anything else is there than was written.
  func readBack() throws(SnapshotProblem) -> String {
    try translating { () throws(FileProblem) in try file.sync() }
    let whole = RunningChecksum()
    let header = RunningChecksum()
    layout.header.withUnsafeBytes { header.update($0) }
    var reading = Reading(file)
    defer { reading.deallocate() }
    guard try reading.checksum(of: layout.dataStart, into: whole) == header.hex128() else { throw differs("header") }
    for place in layout.places {
      let found = try reading.checksum(of: place.byteCount, into: whole)
      guard let tensor = meant[place.name], tensor.count == place.byteCount else {
        throw SnapshotProblem(.misuse, "the tensor '\(place.name)' was not written to its end")
      }
      guard found == tensor.checksum.hex128() else { throw differs("tensor '\(place.name)'") }
    }
    let size = try translating { () throws(FileProblem) in try file.size() }
    guard size == layout.fileSize else { throw differs("length") }
    return whole.hex128()
  }

  private func differs(_ part: String) -> SnapshotProblem {
    SnapshotProblem(
      .damaged,
      "the \(part) of \(file.path) was read back otherwise than it was written, and the file is not used: the disk, its "
        + "driver or the memory loses bytes; check them")
  }
}

/// Reads a file from its beginning to its end, some bytes at a time.
private struct Reading {
  private let file: OpenFile
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
  private var offset: UInt64 = 0

  init(_ file: OpenFile) {
    self.file = file
  }

  func deallocate() {
    buffer.deallocate()
  }

  /// The checksum of the next bytes, as far as the file goes, which `whole` takes in too.
  mutating func checksum(of count: UInt64, into whole: RunningChecksum) throws(SnapshotProblem) -> String {
    let checksum = RunningChecksum()
    var rest = count
    while rest > 0 {
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(rest, UInt64(buffer.count)))])
      let place = offset
      let read = try translating { () throws(FileProblem) in try file.read(into: part, at: place) }
      if read == 0 { break }
      let bytes = UnsafeRawBufferPointer(rebasing: part[..<read])
      checksum.update(bytes)
      whole.update(bytes)
      offset += UInt64(read)
      rest -= UInt64(read)
    }
    return checksum.hex128()
  }
}
