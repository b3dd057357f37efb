import AttentionalFM
import DurableFiles

/// A snapshot that is being written, under a temporary name: nothing of it counts until `finish` returns.
///
/// One owner, one thread at a time: the thread that writes snapshots begins it, appends the rows as they come and
/// finishes it. Its memory does not grow with the model. Where `finish` throws, what was there before is still there.
public final class PendingSnapshot {
  /// The number it will have.
  public let id: UInt64

  /// The rows that have been appended so far.
  public private(set) var rowsWritten = 0

  /// The rows it will have.
  public let rowCount: Int

  private let store: SnapshotStore
  private let state: ModelState
  private let parent: UInt64?
  private let base: Manifest?
  private let writer: SafetensorsWriter
  private let columns: [(column: RowSegment.Column, place: TensorPlace)]
  private var isOver = false
  private var directory: String { store.archive.path(SnapshotNames.temporaryPrefix + SnapshotNames.directory(id)) }
  private var embeddingSize: Int { state.configuration.effectiveEmbeddingSize }

  /// Makes the directory, and in it the file with everything but its rows.
  init(
    store: SnapshotStore, id: UInt64, parent: UInt64?, base: Manifest?, extent: SnapshotExtent, state: ModelState,
    sections: [SnapshotSection]
  ) throws(SnapshotProblem) {
    self.store = store
    self.id = id
    self.parent = parent
    self.base = base
    self.state = state
    guard let claimed = Int(exactly: state.counters.claimed) else {
      throw SnapshotProblem(.misuse, "a table of \(state.counters.claimed) rows cannot be written")
    }
    let rows = if case .changed(let rows, _) = extent { rows } else { claimed }
    guard (0...claimed).contains(rows) else {
      throw SnapshotProblem(.misuse, "\(rows) rows are said to have changed, of \(claimed)")
    }
    rowCount = rows
    let k = state.configuration.effectiveEmbeddingSize
    let directory = store.archive.path(SnapshotNames.temporaryPrefix + SnapshotNames.directory(id))

    var metadata = if case .full = extent { try ModelMetadata.full(state) } else { try ModelMetadata.changed(state) }
    var tensors: [Tensor] = []
    for dense in state.dense {
      tensors.append(Tensor(dense.name + ".weight", shape: dense.shape, .float32(dense.values)))
      tensors.append(Tensor(dense.name + ".accumulator", shape: dense.shape, .float32(dense.accumulators)))
    }
    for tensor in tensors where !tensor.values.isFinite {
      throw SnapshotProblem(.notFinite, "'\(tensor.name)' holds a number that is not finite; no snapshot was taken")
    }
    for section in sections {
      guard !section.name.contains("/"),
        metadata.updateValue(
          SectionMetadata.value(version: section.version, isCanonical: section.isCanonical),
          forKey: SectionMetadata.key(section.name)) == nil
      else { throw SnapshotProblem(.misuse, "the section '\(section.name)' has an impossible name, or occurs twice") }
      for var tensor in section.tensors {
        tensor.name = section.name + "/" + tensor.name
        tensors.append(tensor)
      }
    }
    for tensor in tensors where TensorPlace.elements(of: tensor.shape) != tensor.values.count {
      throw SnapshotProblem(
        .misuse, "'\(tensor.name)' has \(tensor.values.count) numbers for the shape \(tensor.shape)")
    }
    let present = RowSegment.Column.present(embeddingSize: k)
    let layout = try SafetensorsLayout(
      metadata: metadata,
      tensors: tensors.map { TensorPlace(name: $0.name, type: $0.type, shape: $0.shape) }
        + present.map {
          TensorPlace(name: $0.tensorName, type: $0.type, shape: $0.shape(rows: rows, embeddingSize: k))
        })
    try translating { () throws(FileProblem) in try DirectoryHandle.create(directory) }
    writer = try SafetensorsWriter(directory + "/" + SnapshotNames.model, layout)
    columns = present.compactMap { column in layout[column.tensorName].map { (column, $0) } }
    for tensor in tensors {
      if let place = layout[tensor.name] { try writer.write(tensor.values, to: place) }
    }
    try store.reached(.begun)
  }

  /// Writes the next rows.
  ///
  /// - Throws: `notFinite` where a number is not finite or a sum of squares is below 0, `misuse` where the columns are of different lengths or there
  ///   are more rows than were announced, `file` where the disk is full.
  public func append(_ rows: RowSegment) throws(SnapshotProblem) {
    let count = rows.count
    guard !isOver, count <= rowCount - rowsWritten else {
      throw SnapshotProblem(.misuse, "snapshot \(id) was given more than its \(rowCount) rows, or was over already")
    }
    guard rows.embeddingSize == embeddingSize else {
      throw SnapshotProblem(.misuse, "the rows have embeddings of \(rows.embeddingSize) numbers")
    }
    if let column = rows.notFinite {
      throw SnapshotProblem(
        .notFinite,
        "'\(column.tensorName)' holds a number that is not finite, or a sum of squares below 0; no snapshot was taken")
    }
    for (column, place) in columns {
      try rows.withBytes(of: column) { (bytes) throws(SnapshotProblem) in
        try writer.write(
          bytes, to: place, at: UInt64(rowsWritten * column.rowBytes(embeddingSize: embeddingSize)))
      }
    }
    rowsWritten += count
  }

  /// Makes the snapshot durable and current: the model's file is synced, read back and compared with what was meant, the
  /// manifest written, the directory renamed, `CURRENT` replaced, the lineage extended, each of them on the disk in this
  /// order.
  ///
  /// - Returns: the manifest as it was written.
  /// - Throws: `superseded` where another snapshot became current since this one was begun. After any problem the
  ///   snapshot is discarded.
  public func finish(_ facts: SnapshotFacts) throws(SnapshotProblem) -> Manifest {
    do throws(SnapshotProblem) {
      guard !isOver, rowsWritten == rowCount else {
        throw SnapshotProblem(.misuse, "snapshot \(id) has \(rowsWritten) of its \(rowCount) rows, or was over already")
      }
      guard facts.eventsLearned == state.eventsLearned, facts.model == state.configuration else {
        throw SnapshotProblem(.misuse, "the facts of snapshot \(id) are not those of the model it was begun with")
      }
      isOver = true
      try store.reached(.rowsWritten)
      let checksum = try writer.readBack()
      try store.reached(.modelSynced)
      let file = Manifest.File(
        name: SnapshotNames.model, path: SnapshotNames.model, size: writer.layout.fileSize, checksum: checksum,
        rows: UInt64(rowCount))
      let earlier = base.map { store.archive.filesSeenFromBeside($0) } ?? []
      let manifest = Manifest(
        id: id, parent: parent, base: base?.id, line: store.lineage.line, facts: facts, files: earlier + [file])
      return try store.commit(manifest, replacing: parent)
    } catch {
      if store.failpoint == nil { discard() }
      // Files that cannot be found any more are the least of it then.
      try store.requirePlace()
      throw error
    }
  }

  /// Gives the snapshot up and removes what was written. A process that ends without it leaves a directory that the
  /// next start removes.
  public func discard() {
    isOver = true
    store.discard(SnapshotNames.temporaryPrefix + SnapshotNames.directory(id))
  }
}
