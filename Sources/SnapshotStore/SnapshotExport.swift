import DurableFiles

// Unsafe pointers here view buffers allocated in the same function, within their bounds.

/// Writes one full, canonical file of a model: equal models give equal bytes, however and whenever they were saved.
enum SnapshotExport {
  private static let bufferSize = 1 << 20

  /// Writes rows in slot order, dense parameters, metadata, and the sections that are canonical; no number of a
  /// snapshot, no time, no position.
  static func write(_ snapshot: LoadedSnapshot, to path: String) throws(SnapshotProblem) {
    let source = snapshot.file
    let metadata = source.metadata.filter { key, _ in
      guard key.hasPrefix(SectionMetadata.prefix) else { return true }
      return snapshot.isCanonical(section: String(key.dropFirst(SectionMetadata.prefix.count))) ?? false
    }
    let places = source.places.filter { place in
      guard let slash = place.name.firstIndex(of: "/") else { return true }
      return snapshot.isCanonical(section: String(place.name[..<slash])) ?? false
    }
    let layout = try SafetensorsLayout(metadata: metadata, tensors: places)
    let temporary = path + ".tmp"
    do throws(SnapshotProblem) {
      let writer = try SafetensorsWriter(temporary, layout)
      let order = try slotOrder(snapshot)
      for place in places {
        guard let target = layout[place.name] else { continue }
        if let order, RowColumn(rawValue: place.name) != nil {
          try reorder(source, place, order, writer, target)
        } else {
          try copy(source, place, writer, target)
        }
      }
      try writer.sync()
      try translating { () throws(FileProblem) in
        try DirectoryHandle.rename(temporary, to: path)
        try DirectoryHandle.sync(DirectoryHandle.parent(of: path))
      }
    } catch {
      try? DirectoryHandle.remove(temporary)
      throw error
    }
  }

  /// The rows' order by slot; nil where they are stored in it.
  private static func slotOrder(_ snapshot: LoadedSnapshot) throws(SnapshotProblem) -> [Int]? {
    let source = snapshot.file
    let place = try source.place(RowColumn.slot.rawValue, .unsigned64, [snapshot.rowCount])
    guard case .unsigned64(let slots) = try source.tensor(place).values else { return nil }
    if zip(slots, slots.dropFirst()).allSatisfy(<) { return nil }
    return slots.indices.sorted { slots[$0] < slots[$1] }
  }

  private static func copy(
    _ source: SafetensorsFile, _ place: TensorPlace, _ writer: SafetensorsWriter, _ target: TensorPlace
  ) throws(SnapshotProblem) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 64)
    defer { buffer.deallocate() }
    var done: UInt64 = 0
    while done < place.byteCount {
      let part = UnsafeMutableRawBufferPointer(
        rebasing: buffer[..<Int(min(UInt64(bufferSize), place.byteCount - done))])
      try source.read(place, from: done, into: part)
      try writer.write(UnsafeRawBufferPointer(part), to: target, at: done)
      done += UInt64(part.count)
    }
  }

  /// Copies a column with its rows in another order; holds one column in memory, twice.
  private static func reorder(
    _ source: SafetensorsFile, _ place: TensorPlace, _ order: [Int], _ writer: SafetensorsWriter,
    _ target: TensorPlace
  ) throws(SnapshotProblem) {
    guard let total = Int(exactly: place.byteCount), !order.isEmpty else { return }
    let width = total / order.count
    let column = try filled(total, with: UInt8(0)) { (buffer) throws(SnapshotProblem) in
      try source.read(place, from: 0, into: buffer)
    }
    var sorted: [UInt8] = []
    sorted.reserveCapacity(total)
    for row in order { sorted.append(contentsOf: column[row * width..<(row + 1) * width]) }
    try sorted.withBytes { (bytes) throws(SnapshotProblem) in try writer.write(bytes, to: target, at: 0) }
  }
}

extension SnapshotArchive {
  /// Writes the model of a snapshot, verified, as one full, canonical `model.safetensors` to `path`, replacing what is
  /// there. Two snapshots of equal models give equal bytes.
  public func export(_ id: UInt64, to path: String) throws(SnapshotProblem) {
    try SnapshotExport.write(load(id), to: path)
  }
}
