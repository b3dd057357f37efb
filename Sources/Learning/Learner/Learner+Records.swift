// Unsafe memory: the features of a batch are viewed through a pointer to the batch's own array, during one slice, which
// changes no batch.
import AttentionalFM
import EventSources
import Features
import ProgressiveValidation
import SnapshotStore

extension Learner {
  /// Learns a batch, in slices that end exactly where a snapshot falls due.
  ///
  /// Where the journal cannot be written the rest of the batch is left: the source is started again at the position
  /// that was reached.
  func learn(_ batch: DecodedBatch) {
    source.isCaughtUp = false
    source.problem = nil
    source.retrySeconds = nil
    isReportStale = true
    if let identity = batch.refreshedIdentity { state.position?.identity = identity }
    if let identity = batch.newIdentity { state.goOn(inFile: identity) }
    var next = 0
    while next < batch.records.count {
      let slice = next..<(next + sliceLength(atMost: batch.records.count - next))
      guard writeAhead(batch, slice) else { return }
      learn(batch, slice)
      next = slice.upperBound
      takeSnapshotIfMultiple()
    }
  }

  /// So many records can be learned before a snapshot may fall due.
  private func sliceLength(atMost count: Int) -> Int {
    guard let every = context.settings.snapshotEveryEvents else { return count }
    return min(count, Int(clamping: every - eventsSeen % every))
  }

  /// Writes the order of the records into the journal before any of them is learned.
  private func writeAhead(_ batch: DecodedBatch, _ slice: Range<Int>) -> Bool {
    guard let journal = files.journal else { return true }
    batch.collectRuns(slice)
    do throws(JournalProblem) {
      for run in batch.runs {
        try journal.append(partition: run.partition, nextOffset: run.nextOffset, count: run.count)
      }
      try journal.flush()
      return true
    } catch {
      source.journalIsBroken = true
      retrySource(after: SourceProblem(.unreadable, "\(error); learning waits until the journal can be written"))
      return false
    }
  }

  private func learn(_ batch: DecodedBatch, _ slice: Range<Int>) {
    batch.features.withUnsafeBufferPointer { features in
      batch.records.withUnsafeBufferPointer { records in
        // The memory of an event comes in two steps, each while another event is learned.
        for index in slice.prefix(2) {
          online.prefetch(UnsafeBufferPointer(rebasing: features[records[index].features]))
        }
        for index in slice {
          if index + 2 < slice.upperBound {
            online.prefetch(UnsafeBufferPointer(rebasing: features[records[index + 2].features]))
          }
          if let copying = snapshots.copying { copying.makeRoom(rows: records[index].features.count) }
          learn(records[index], of: batch, features)
          if let copying = snapshots.copying { learned(beside: copying) }
        }
      }
    }
    snapshots.recordsSinceCapture &+= UInt64(slice.count)
    source.recordsToReplay -= min(source.recordsToReplay, UInt64(slice.count))
    if let journal = files.journal { state.position?.journal = journal.mark }
  }

  func learned(beside copying: SnapshotSweep) {
    copying.learned()
    snapshots.noteIfCopied()
  }

  private func learn(_ record: DecodedRecord, of batch: DecodedBatch, _ features: UnsafeBufferPointer<Feature>) {
    if !state.skips.isEmpty, skip(record) { return }
    if record.rejection >= 0 {
      let problem = batch.rejections[record.rejection]
      reject(record, of: batch, .decoding(problem.reason), problem.description)
    } else {
      let event = UnsafeBufferPointer(rebasing: features[record.features])
      if let problem = refusal(event, label: record.label) {
        reject(record, of: batch, .decoding(problem.reason), problem.description)
      } else {
        if let time = record.eventTime, record.importance > 0 { model.advanceClock(to: time) }
        if state.waiting.isInUse {
          learnInTime(record, of: batch, event)
        } else {
          learnAtOnce(record, of: batch, event, places(of: event, record, batch))
        }
      }
    }
    state.position?.advance(
      partition: record.partition, offset: record.offset, nextOffset: record.nextOffset, timestamp: record.timestamp,
      checksum: record.checksum)
  }

  /// Predicts an event and learns it.
  func learnAtOnce(
    _ record: DecodedRecord, of batch: DecodedBatch, _ features: UnsafeBufferPointer<Feature>, _ places: SlicePlaces
  ) {
    if let sampled {
      let label = SampledLabel(
        label: record.label, importance: record.importance, servedScore: record.servedScore, places: places)
      guard learnSampled(features, label, sampled) == .applied else {
        return reject(record, of: batch, .notFiniteGradient, Learner.notFinite)
      }
    } else {
      let thinning = record.thinning
      let step = online.step(features, label: record.label, importance: record.importance, offset: thinning)
      guard step.outcome == .applied else {
        return reject(record, of: batch, .notFiniteGradient, Learner.notFinite)
      }
      let prediction = step.prediction
      state.progressive.record(
        raw: model.calibrated(prediction.raw) + thinning, label: record.label, importance: record.importance,
        known: prediction.known, unknown: prediction.unknown, entropy: prediction.entropyOfPairs,
        tail: state.calibrator == nil ? step.tail : nil, servedScore: record.servedScore + thinning, places: places)
      calibrate(prediction.raw, label: record.label, importance: record.importance)
      live.publishDense(of: model, isIdle: false)
    }
    if let time = record.eventTime, time > newestEventTime ?? .min { newestEventTime = time }
  }

  /// Learns how to calibrate from a raw score that was predicted before its event was learned.
  func calibrate(_ raw: Float, label: Float, importance: Float) {
    guard state.calibrator?.learn(raw: raw, label: label, importance: importance) == true else { return }
    if let calibrator = state.calibrator { model.calibrate(with: calibrator) }
  }

  static let notFinite = "a gradient of the event, or its square, is not finite"

  /// Where an event stands in the slices of progressive validation.
  func places(
    of features: UnsafeBufferPointer<Feature>, _ record: DecodedRecord, _ batch: DecodedBatch
  ) -> SlicePlaces {
    var places = SlicePlaces()
    if state.progressive.slices.isEmpty { return places }
    if record.importance == 0 { return knownPlaces(of: features) }
    for (index, field) in slicedFields.enumerated() {
      let hash = features.first { $0.field == field }?.hash
      places[index] = state.progressive.slices.place(index, of: hash) {
        batch.bytes.withUnsafeBytes { bytes in
          hash.flatMap { describer?.texts(of: UnsafeRawBufferPointer(rebasing: bytes[record.bytes]))[$0] } ?? ""
        }
      }
    }
    return places
  }

  /// The same for an event that no record holds: a value that is new is one of the others.
  func knownPlaces(of features: UnsafeBufferPointer<Feature>) -> SlicePlaces {
    var places = SlicePlaces()
    if state.progressive.slices.isEmpty { return places }
    for (index, field) in slicedFields.enumerated() {
      places[index] = state.progressive.slices.knownPlace(index, of: features.first { $0.field == field }?.hash)
    }
    return places
  }

  /// Whether a rollback decided that the record is never learned; then the position moves past it, and nothing counts.
  private func skip(_ record: DecodedRecord) -> Bool {
    let end = SkippedRanges.end(of: state.skips, partition: record.partition, offset: record.offset)
    guard let end else { return false }
    state.position?.jump(partition: record.partition, to: record.nextOffset)
    if record.nextOffset >= end {
      SkippedRanges.pass(&state.skips, partition: record.partition, to: record.nextOffset)
    }
    return true
  }

  /// Counts a record that cannot be learned, and keeps it for a person to look at.
  func reject(_ record: DecodedRecord, of batch: DecodedBatch, _ reason: RejectedFor, _ detail: String) {
    state.rejected[reason] &+= 1
    files.keep(record, of: batch, reason: reason, detail: detail, log: context.log)
  }
}
