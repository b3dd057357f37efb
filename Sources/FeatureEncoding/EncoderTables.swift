import JSONReading

/// Makes the tables of an encoder from a schema that `validate` found right.
struct EncoderTables {
  var paths: [JSONPath] = []
  var parts: [Int] = []
  /// One for each field of `features`; only those of numeric fields are used.
  var transforms: [NumericTransform] = []
  var zones: [ZoneOffsets] = []
  var timeSources: [TimeSource] = []
  var special = FeatureEncoder.SpecialSlots(
    label: -1, importance: -1, servedScore: -1, keptFraction: -1, time: -1, labelTime: -1)

  mutating func compile(_ schema: Schema) -> [CompiledField] {
    special.label = slot(schema.label.path)
    if let path = schema.importance { special.importance = slot(path) }
    if let path = schema.servedScore { special.servedScore = slot(path) }
    if let path = schema.keptFraction?.path { special.keptFraction = slot(path) }
    if let time = schema.time { special.time = timeSource(time.path, time.format) }
    if let time = schema.label.time { special.labelTime = timeSource(time.path, time.format) }
    return schema.features.map { compile($0, seed: schema.seed) } + schema.crosses.map { compile($0, schema) }
  }

  private mutating func compile(_ field: FieldDefinition, seed: UInt64) -> CompiledField {
    var separator = FeatureHash.valueSeparator
    var transform = NumericTransform.identity
    var formsPairs = true
    let action: CompiledField.Action
    switch field.kind {
    case .categorical: action = .categorical
    case .list(let scaling, let pairs):
      action = .list(scaling)
      formsPairs = pairs
    case .numeric(let numeric, let clip):
      transform = numeric
      action = numeric.isCategorical ? .bucket : .numeric(clip: clip ?? .infinity)
      separator = numeric.isCategorical ? FeatureHash.valueSeparator : FeatureHash.numericMark
    case .time(let part, let format, let zone):
      action = .time(part: part, source: timeSource(field.path, format), zone: zone.map { self.zone($0) } ?? -1)
    }
    transforms.append(transform)
    return CompiledField(
      action: action, slot: slot(field.path), formsPairs: formsPairs,
      input: .make(field: field.name, separator: separator, seed: seed),
      numericHash: FeatureHash.numeric(field: field.name, seed: seed))
  }

  private mutating func compile(_ cross: CrossDefinition, _ schema: Schema) -> CompiledField {
    let first = parts.count
    parts += cross.fields.compactMap { name in schema.features.firstIndex { $0.name == name } }
    return CompiledField(
      action: .cross(firstPart: first, partCount: parts.count - first), slot: -1, formsPairs: true,
      input: .make(field: cross.name, separator: FeatureHash.crossSeparator, seed: schema.seed), numericHash: 0)
  }

  private mutating func slot(_ text: String) -> Int {
    guard let path = JSONPath(text) else { return -1 }
    if let index = paths.firstIndex(of: path) { return index }
    paths.append(path)
    return paths.count - 1
  }

  private mutating func timeSource(_ path: String, _ format: TimeFormat) -> Int {
    let slot = slot(path)
    if let index = timeSources.firstIndex(where: { $0.slot == slot && $0.format == format }) { return index }
    timeSources.append(TimeSource(slot: slot, format: format))
    return timeSources.count - 1
  }

  private mutating func zone(_ name: TimeZoneName) -> Int {
    let offsets = ZoneOffsets(name) ?? ZoneOffsets(fixed: 0)
    if let index = zones.firstIndex(of: offsets) { return index }
    zones.append(offsets)
    return zones.count - 1
  }
}
