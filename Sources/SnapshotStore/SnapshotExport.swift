import AttentionalFM
import DurableFiles

// Unsafe pointers here view buffers allocated in the same function, within their bounds.

/// Writes one full, canonical file of a model: equal models give equal bytes, however and whenever they were saved.
enum SnapshotExport {
  private static let bufferSize = 1 << 20

  /// Writes rows in slot order, dense parameters, metadata, and the sections that are canonical; no number of a
  /// snapshot, no time, no position.
  static func write(_ snapshot: LoadedSnapshot, to path: String) throws(SnapshotProblem) {
    let source = snapshot.file
    let metadata = ModelMetadata.full(source.metadata).filter { key, _ in
      guard key.hasPrefix(SectionMetadata.prefix) else { return true }
      return snapshot.isCanonical(section: String(key.dropFirst(SectionMetadata.prefix.count))) ?? false
    }
    let places = source.places.filter { place in
      guard let slash = place.name.firstIndex(of: "/") else { return RowSegment.Column(tensorName: place.name) == nil }
      return snapshot.isCanonical(section: String(place.name[..<slash])) ?? false
    }
    let k = snapshot.manifest.model.effectiveEmbeddingSize
    let rows = RowSegment.Column.present(embeddingSize: k).map { column in
      TensorPlace(
        name: column.tensorName, type: column.type, shape: column.shape(rows: snapshot.rowCount, embeddingSize: k))
    }
    let layout = try SafetensorsLayout(metadata: metadata, tensors: places + rows)
    let temporary = path + ".tmp"
    do throws(SnapshotProblem) {
      let writer = try SafetensorsWriter(temporary, layout)
      for place in places {
        guard let target = layout[place.name] else { continue }
        try copy(source, place, writer, target)
      }
      try copyRows(snapshot, writer)
      _ = try writer.readBack()
      try translating { () throws(FileProblem) in
        try DirectoryHandle.rename(temporary, to: path)
        try DirectoryHandle.sync(DirectoryHandle.parent(of: path))
      }
    } catch {
      try? DirectoryHandle.remove(temporary)
      throw error
    }
  }

  private static func copyRows(_ snapshot: LoadedSnapshot, _ writer: SafetensorsWriter) throws(SnapshotProblem) {
    var walk = SlotWalk(snapshot.chain, tableSlots: snapshot.tableSlots)
    var row = 0
    while let runs = try walk.next() {
      let end = row + runs.reduce(0) { $0 + $1.rows.count }
      guard end <= snapshot.rowCount else { break }
      for column in RowSegment.Column.present(embeddingSize: snapshot.manifest.model.effectiveEmbeddingSize) {
        guard let target = writer.layout[column.tensorName] else { continue }
        try copy(column, of: runs, snapshot, writer, target, at: row)
      }
      row = end
    }
    try snapshot.check(claimed: UInt64(row))
  }

  /// Copies one column of some rows, gathered from where they lie, to row `first` of the target on.
  private static func copy(
    _ column: RowSegment.Column, of runs: RowRuns, _ snapshot: LoadedSnapshot, _ writer: SafetensorsWriter,
    _ target: TensorPlace, at first: Int
  ) throws(SnapshotProblem) {
    let width = column.rowBytes(embeddingSize: snapshot.manifest.model.effectiveEmbeddingSize)
    let capacity = max(1, bufferSize / width)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity * width, alignment: 64)
    defer { buffer.deallocate() }
    var filled = 0
    var written = first
    for run in runs {
      let source = snapshot.chain[run.file].file
      guard let place = source[column.tensorName] else { throw source.damaged("it has no '\(column.tensorName)'") }
      var start = run.rows.lowerBound
      while start < run.rows.upperBound {
        let count = min(capacity - filled, run.rows.upperBound - start)
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[filled * width..<(filled + count) * width])
        try source.read(place, from: UInt64(start * width), into: part)
        start += count
        filled += count
        guard filled == capacity else { continue }
        try writer.write(UnsafeRawBufferPointer(buffer), to: target, at: UInt64(written * width))
        written += filled
        filled = 0
      }
    }
    let rest = UnsafeRawBufferPointer(rebasing: buffer[..<(filled * width)])
    try writer.write(rest, to: target, at: UInt64(written * width))
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
}

extension SnapshotArchive {
  /// Writes the model of a snapshot, verified, as one full, canonical `model.safetensors` to `path`, replacing what is
  /// there. Two snapshots of equal models give equal bytes.
  public func export(_ id: UInt64, to path: String) throws(SnapshotProblem) {
    try SnapshotExport.write(load(id), to: path)
  }
}
