import AttentionalFM

/// A snapshot opened for reading: its header and manifest agree with each other, its numbers are read when asked for.
///
/// It stays readable when retention deletes its files. May be used from any thread; waits on the disk.
public struct LoadedSnapshot: Sendable {
  /// The manifest.
  public let manifest: Manifest

  /// The number of claimed rows of the model; the files of a chain together may hold more.
  public let rowCount: Int

  /// The rows of the files: all in the first, in each other those that changed since the one before.
  let chain: [RowFile]

  /// The newest file: all of the model and its state but the rows that did not change.
  let file: SafetensorsFile

  /// The slots of the table that was saved.
  let tableSlots: UInt64

  let counters: EmbeddingTable.Counters
  private let sections: [String: (version: Int, isCanonical: Bool)]

  init(manifest: Manifest, files: [SafetensorsFile]) throws(SnapshotProblem) {
    guard let newest = files.last else {
      throw SnapshotProblem(.damaged, "the manifest of snapshot \(manifest.id) names no model")
    }
    self.manifest = manifest
    file = newest
    var chain: [RowFile] = []
    for (index, file) in files.enumerated() {
      try LoadedSnapshot.checkVersion(of: file, isFull: index == 0)
      let rows = try RowFile(file, embeddingSize: manifest.model.effectiveEmbeddingSize)
      guard rows.tableSlots == chain.first?.tableSlots ?? rows.tableSlots, rows.tableSlots <= 1 << 34 else {
        throw file.damaged("its rows are of a table of \(rows.tableSlots) slots")
      }
      chain.append(rows)
    }
    self.chain = chain
    guard try newest.number("events_learned") == manifest.eventsLearned else {
      throw newest.damaged("it holds a model of another number of events than its manifest says")
    }
    tableSlots = chain[0].tableSlots
    let claimed = chain.count > 1 ? try newest.number(ModelMetadata.claimedKey) : UInt64(chain[0].count)
    counters = EmbeddingTable.Counters(
      claimed: claimed, evicted: try newest.number("table_evicted"), dropped: try newest.number("table_dropped"))
    guard let rows = Int(exactly: claimed), rows <= chain.reduce(0, { $0 + $1.count }) else {
      throw newest.damaged("its files hold fewer rows than the \(claimed) that were claimed")
    }
    rowCount = rows
    sections = try SectionMetadata.sections(in: newest)
  }

  /// Makes sure that a file is of a version that is known here, and one that holds all rows or only those that changed.
  private static func checkVersion(of file: SafetensorsFile, isFull: Bool) throws(SnapshotProblem) {
    let version = file.metadata[ModelMetadata.versionKey] ?? "nothing"
    let expected = isFull ? ModelMetadata.fullVersion : ModelMetadata.changedVersion
    if version == expected { return }
    guard version == ModelMetadata.fullVersion || version == ModelMetadata.changedVersion else {
      throw SnapshotProblem(
        .unsupported,
        "\(file.path) has format version \(version), and this version reads up to \(ModelMetadata.changedVersion)")
    }
    throw file.damaged(
      isFull ? "it holds only the rows that changed, and nothing comes before it" : "it is no file of changed rows")
  }

  /// Makes sure that the files held as many rows of different slots as the table had claimed.
  func check(claimed: UInt64) throws(SnapshotProblem) {
    guard claimed == counters.claimed else {
      throw file.damaged("the rows of \(claimed) slots were found instead of \(counters.claimed)")
    }
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
      guard RowSegment.Column(tensorName: place.name) == nil else { continue }
      let name = String(place.name.dropLast(suffix.count))
      let sums = try file.place(name + ".accumulator", .float32, place.shape)
      guard case .float32(let values) = try file.tensor(place).values,
        case .float32(let accumulators) = try file.tensor(sums).values
      else { throw file.damaged("the tensor '\(place.name)' is not F32") }
      tensors.append(NamedTensor(name: name, shape: place.shape, values: values, accumulators: accumulators))
    }
    return tensors
  }
}
