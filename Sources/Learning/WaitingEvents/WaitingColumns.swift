import Features
import SnapshotStore

/// Waiting events by their parts, as a section holds them.
struct WaitingColumns {
  static let damaged = SnapshotProblem(
    .damaged, "the waiting events lack a tensor, or their tensors do not fit together; the snapshot is damaged")

  var labelTimes: [Int64] = []
  var numbers: [UInt64] = []
  var eventTimes: [Int64] = []
  var offsets: [Int64] = []
  var partitions: [UInt32] = []
  var labels: [Float] = []
  var importances: [Float] = []
  var servedScores: [Float] = []
  var raws: [Float] = []
  var calibrated: [Float] = []
  var entropies: [Float] = []
  var known: [UInt32] = []
  var unknown: [UInt32] = []
  var thinnings: [Float] = []
  var places: [UInt64] = []
  var featureCounts: [UInt32] = []
  var hashes: [UInt64] = []
  var values: [Float] = []
  var fields: [UInt32] = []

  init() {}

  mutating func append(_ event: WaitingEvent, _ features: [Feature], labelTime: Int64, number: UInt64) {
    labelTimes.append(labelTime)
    numbers.append(number)
    eventTimes.append(event.eventTime)
    offsets.append(event.offset)
    partitions.append(UInt32(bitPattern: event.partition))
    labels.append(event.label)
    importances.append(event.importance)
    servedScores.append(event.servedScore)
    raws.append(event.raw)
    calibrated.append(event.calibrated)
    entropies.append(event.entropy)
    known.append(UInt32(event.known))
    unknown.append(UInt32(event.unknown))
    thinnings.append(event.thinning)
    var packed: UInt64 = 0
    for index in 0..<event.places.scalarCount { packed |= UInt64(event.places[index]) << UInt64(16 * index) }
    places.append(packed)
    featureCounts.append(UInt32(truncatingIfNeeded: features.count))
    for feature in features {
      hashes.append(feature.hash)
      values.append(feature.value)
      fields.append(UInt32(feature.field))
    }
  }

  var tensors: [Tensor] {
    // Scores are the same bits before and after where nothing calibrates them.
    let isCalibrated = zip(raws, calibrated).contains { $0.bitPattern != $1.bitPattern }
    return (isCalibrated ? [Tensor("calibrated", .float32(calibrated))] : []) + [
      Tensor("label_time", .signed64(labelTimes)), Tensor("number", .unsigned64(numbers)),
      Tensor("event_time", .signed64(eventTimes)), Tensor("label", .float32(labels)),
      Tensor("importance", .float32(importances)), Tensor("served_score", .float32(servedScores)),
      Tensor("raw", .float32(raws)), Tensor("attention_entropy", .float32(entropies)),
      Tensor("known", .unsigned32(known)), Tensor("unknown", .unsigned32(unknown)),
      Tensor("slice_places", .unsigned64(places)), Tensor("features", .unsigned32(featureCounts)),
      Tensor("feature.hash", .unsigned64(hashes)), Tensor("feature.value", .float32(values)),
      Tensor("feature.field", .unsigned32(fields)),
    ] + (thinnings.allSatisfy { $0 == 0 } ? [] : [Tensor("thinning", .float32(thinnings))])
  }

  init(_ section: SnapshotSection, _ records: SnapshotSection?) throws(SnapshotProblem) {
    guard case .signed64(let labelTimes)? = section["label_time"],
      case .unsigned64(let numbers)? = section["number"],
      case .signed64(let eventTimes)? = section["event_time"],
      case .float32(let labels)? = section["label"],
      case .float32(let importances)? = section["importance"],
      case .float32(let servedScores)? = section["served_score"],
      case .float32(let raws)? = section["raw"],
      case .float32(let entropies)? = section["attention_entropy"],
      case .unsigned32(let known)? = section["known"],
      case .unsigned32(let unknown)? = section["unknown"],
      case .unsigned64(let places)? = section["slice_places"],
      case .unsigned32(let featureCounts)? = section["features"],
      case .unsigned64(let hashes)? = section["feature.hash"],
      case .float32(let values)? = section["feature.value"],
      case .unsigned32(let fields)? = section["feature.field"]
    else { throw WaitingColumns.damaged }
    // Where the records came from is for people alone: without it learning goes on the same.
    var offsets = [Int64](repeating: 0, count: labelTimes.count)
    var partitions = [UInt32](repeating: 0, count: labelTimes.count)
    if case .signed64(let saved)? = records?["offset"] { offsets = saved }
    if case .unsigned32(let saved)? = records?["partition"] { partitions = saved }
    var thinnings = [Float](repeating: 0, count: labelTimes.count)
    if case .float32(let saved)? = section["thinning"] { thinnings = saved }
    var calibrated = raws
    if case .float32(let saved)? = section["calibrated"] { calibrated = saved }
    let lengths: [Int] = [
      labelTimes.count, numbers.count, eventTimes.count, offsets.count, partitions.count, labels.count,
      importances.count, servedScores.count, raws.count, calibrated.count, entropies.count, known.count, unknown.count,
      places.count, featureCounts.count, thinnings.count,
    ]
    let features = featureCounts.reduce(UInt64(0)) { $0 + UInt64($1) }
    guard lengths.allSatisfy({ $0 == labelTimes.count }), features == UInt64(hashes.count),
      hashes.count == values.count,
      values.count == fields.count, labels.allSatisfy(\.isFinite), importances.allSatisfy(\.isFinite),
      values.allSatisfy(\.isFinite), thinnings.allSatisfy(\.isFinite)
    else { throw WaitingColumns.damaged }
    (self.labelTimes, self.numbers, self.eventTimes, self.offsets) = (labelTimes, numbers, eventTimes, offsets)
    (self.partitions, self.labels, self.importances) = (partitions, labels, importances)
    (self.servedScores, self.raws, self.calibrated, self.entropies) = (servedScores, raws, calibrated, entropies)
    (self.known, self.unknown, self.places, self.featureCounts) = (known, unknown, places, featureCounts)
    (self.hashes, self.values, self.fields) = (hashes, values, fields)
    self.thinnings = thinnings
  }

  /// The event of a row, without its features.
  func event(_ index: Int, _ slicePositions: [Int?]) -> WaitingEvent {
    var event = WaitingEvent(
      eventTime: eventTimes[index], offset: offsets[index], partition: Int32(bitPattern: partitions[index]),
      label: labels[index], importance: importances[index], servedScore: servedScores[index], raw: raws[index],
      calibrated: calibrated[index], entropy: entropies[index], known: UInt16(clamping: known[index]),
      unknown: UInt16(clamping: unknown[index]), thinning: thinnings[index])
    for (saved, position) in slicePositions.enumerated() {
      guard let position, position < event.places.scalarCount, saved < event.places.scalarCount else { continue }
      event.places[position] = UInt16(truncatingIfNeeded: places[index] >> UInt64(16 * saved))
    }
    return event
  }
}
