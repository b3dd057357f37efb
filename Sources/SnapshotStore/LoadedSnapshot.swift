import AttentionalFM

/// A snapshot opened for reading: its header and manifest agree with each other, its numbers are read when asked for.
///
/// It stays readable when retention deletes its files. May be used from any thread; waits on the disk.
public struct LoadedSnapshot: Sendable {
  /// The manifest.
  public let manifest: Manifest

  /// The number of claimed rows.
  public let rowCount: Int

  let file: SafetensorsFile
  private let columns: [(column: RowColumn, place: TensorPlace)]
  private let tableSlots: UInt64
  private let counters: EmbeddingTable.Counters
  private let sections: [String: (version: Int, isCanonical: Bool)]
  private var embeddingSize: Int { manifest.model.effectiveEmbeddingSize }

  init(manifest: Manifest, file: SafetensorsFile) throws(SnapshotProblem) {
    self.manifest = manifest
    self.file = file
    func number(_ key: String) throws(SnapshotProblem) -> UInt64 {
      guard let number = file.metadata[key].flatMap({ UInt64($0) }) else {
        throw file.damaged("its metadata lacks a whole number '\(key)'")
      }
      return number
    }
    let version = file.metadata["format_version"] ?? "nothing"
    guard version == ModelMetadata.formatVersion else {
      throw SnapshotProblem(
        .unsupported,
        "\(file.path) has format version \(version), and this version reads \(ModelMetadata.formatVersion)")
    }
    guard try number("events_learned") == manifest.eventsLearned else {
      throw file.damaged("it holds a model of another number of events than its manifest says")
    }
    let k = manifest.model.effectiveEmbeddingSize
    let rows = file[RowColumn.slot.rawValue]?.shape.first ?? 0
    var columns: [(column: RowColumn, place: TensorPlace)] = []
    for column in RowColumn.present(embeddingSize: k) {
      let shape = column.shape(rows: rows, embeddingSize: k)
      columns.append((column, try file.place(column.rawValue, column.type, shape)))
    }
    self.columns = columns
    rowCount = rows
    tableSlots = try number("table_slots")
    counters = EmbeddingTable.Counters(
      claimed: UInt64(rows), evicted: try number("table_evicted"), dropped: try number("table_dropped"))
    sections = try SectionMetadata.sections(in: file)
  }

  /// The names of the sections.
  public var sectionNames: [String] { sections.keys.sorted() }

  /// A section; nil where the snapshot has none of this name.
  ///
  /// - Parameters:
  ///   - name: the section's name.
  ///   - version: the newest version of the section that the caller can read.
  /// - Throws: `unsupported` where the section is newer.
  public func section(_ name: String, upTo version: Int) throws(SnapshotProblem) -> SnapshotSection? {
    guard let found = sections[name] else { return nil }
    guard found.version <= version else {
      throw SnapshotProblem(
        .unsupported,
        "snapshot \(manifest.id) has version \(found.version) of '\(name)', and this version of the software reads up "
          + "to \(version); use the version that wrote it (\(manifest.software)) or a newer one")
    }
    let prefix = name + "/"
    var tensors: [Tensor] = []
    for place in file.places where place.name.hasPrefix(prefix) {
      var tensor = try file.tensor(place)
      tensor.name = String(place.name.dropFirst(prefix.count))
      tensors.append(tensor)
    }
    return SnapshotSection(name, version: found.version, isCanonical: found.isCanonical, tensors: tensors)
  }

  /// Whether a section is part of an export; nil where there is none of this name.
  func isCanonical(section: String) -> Bool? {
    sections[section]?.isCanonical
  }

  /// The dense parameters and their Adagrad sums.
  public func denseTensors() throws(SnapshotProblem) -> [NamedTensor] {
    var tensors: [NamedTensor] = []
    let suffix = ".weight"
    for place in file.places where place.name.hasSuffix(suffix) && !place.name.contains("/") {
      guard RowColumn(rawValue: place.name) == nil else { continue }
      let name = String(place.name.dropLast(suffix.count))
      let sums = try file.place(name + ".accumulator", .float32, place.shape)
      guard case .float32(let values) = try file.tensor(place).values,
        case .float32(let accumulators) = try file.tensor(sums).values
      else { throw file.damaged("the tensor '\(place.name)' is not F32") }
      tensors.append(NamedTensor(name: name, shape: place.shape, values: values, accumulators: accumulators))
    }
    return tensors
  }

  /// Puts the saved model into a fresh one: rows, dense parameters, event number and the table's counters.
  ///
  /// Rows go into their own slots where both tables have the same number, and are placed by hash where not.
  ///
  /// - Throws: `incompatible` where the model has another shape, saying which setting differs. After a problem the
  ///   model is half restored and must be thrown away.
  public func restore(into model: Model) throws(SnapshotProblem) {
    do throws(ModelProblem) {
      try model.checkCompatible(with: manifest.model)
    } catch {
      throw SnapshotProblem(.incompatible, "snapshot \(manifest.id) cannot be loaded: \(error)")
    }
    let dense = try denseTensors()
    var segment = RowSegment(embeddingSize: embeddingSize, tableSlots: tableSlots)
    do {
      try model.restore(dense: dense, savedWith: manifest.model, eventsLearned: manifest.eventsLearned)
      let step = max(1, (1 << 20) / (24 + 8 * embeddingSize))
      var start = 0
      while start < rowCount {
        let end = min(start + step, rowCount)
        try read(start..<end, into: &segment)
        try model.table.restore(segment)
        start = end
      }
      let moved = model.table.counters.evicted
      model.table.restore(
        EmbeddingTable.Counters(evicted: counters.evicted &+ moved, dropped: counters.dropped))
    } catch let problem as SnapshotProblem {
      throw problem
    } catch {
      throw file.damaged("\(error)")
    }
  }

  /// Reads some of the rows, in the order of the file.
  public func read(_ rows: Range<Int>, into segment: inout RowSegment) throws(SnapshotProblem) {
    guard rows.lowerBound >= 0, rows.upperBound <= rowCount else {
      throw SnapshotProblem(.misuse, "snapshot \(manifest.id) has \(rowCount) rows, not \(rows)")
    }
    segment.embeddingSize = embeddingSize
    segment.tableSlots = tableSlots
    segment.removeAll()
    for (column, place) in columns {
      switch column {
      case .slot: try read(rows, place, 1, 0, into: &segment.slot)
      case .hash: try read(rows, place, 1, 0, into: &segment.hash)
      case .lastSeen: try read(rows, place, 1, 0, into: &segment.lastSeen)
      case .weight: try read(rows, place, 1, 0, into: &segment.weight)
      case .accumulator: try read(rows, place, 1, 0, into: &segment.accumulator)
      case .embedding: try read(rows, place, embeddingSize, 0, into: &segment.embedding)
      case .embeddingAccumulator: try read(rows, place, embeddingSize, 0, into: &segment.embeddingAccumulator)
      }
    }
  }

  private func read<Element>(
    _ rows: Range<Int>, _ place: TensorPlace, _ width: Int, _ zero: Element, into array: inout [Element]
  ) throws(SnapshotProblem) {
    array.append(contentsOf: repeatElement(zero, count: rows.count * width))
    try array.withUnsafeMutableBufferPointer { (buffer) throws(SnapshotProblem) in
      try file.read(
        place, from: UInt64(rows.lowerBound * width * place.type.size), into: UnsafeMutableRawBufferPointer(buffer))
    }
  }
}
