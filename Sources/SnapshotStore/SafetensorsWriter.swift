import DurableFiles

/// Writes a safetensors file piece by piece, each at its place, in any order. One owner.
final class SafetensorsWriter {
  let layout: SafetensorsLayout
  private let file: OpenFile

  /// Makes the file, of its final length, and writes the header.
  init(_ path: String, _ layout: SafetensorsLayout) throws(SnapshotProblem) {
    self.layout = layout
    file = try translating { () throws(FileProblem) in
      let file = try OpenFile(path, .replace)
      try file.write(layout.header, at: 0)
      try file.truncate(to: layout.fileSize)
      return file
    }
  }

  /// Writes a whole tensor.
  func write(_ values: Tensor.Values, to place: TensorPlace) throws(SnapshotProblem) {
    try values.withBytes { (bytes) throws(SnapshotProblem) in try write(bytes, to: place, at: 0) }
  }

  /// Writes some bytes of a tensor, from byte `start` of it on.
  func write(_ bytes: UnsafeRawBufferPointer, to place: TensorPlace, at start: UInt64) throws(SnapshotProblem) {
    guard start <= place.byteCount, UInt64(bytes.count) <= place.byteCount - start else {
      throw SnapshotProblem(.misuse, "writing past the end of the tensor '\(place.name)'")
    }
    try translating { () throws(FileProblem) in try file.write(bytes, at: layout.dataStart + place.offset + start) }
  }

  /// Waits until the file is on the disk.
  func sync() throws(SnapshotProblem) {
    try translating { () throws(FileProblem) in try file.sync() }
  }
}
