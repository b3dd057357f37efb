// Unsafe memory: batches and features are viewed in this object's own arrays, during one call of the body.

import AttentionalFM
import EventSources
import FeatureEncoding
import Features
import Learning

/// The events of some files, for one pass after the other: encoded and in memory where that has room, else read again
/// for each pass.
final class EventSet {
  private let files: [String]
  private let decoder: EventDecoder
  private let memoryLimit: Int
  private var events: [BatchEvent] = []
  private var features: [Feature] = []
  private var batch: [BatchEvent] = []

  /// Whether all events are in memory.
  private(set) var isResident = false

  /// How many events there are; nil before a pass has seen all.
  private(set) var count: Int?

  /// The records that could not be decoded, as one pass finds them.
  private(set) var rejected = RejectionTally()

  /// The first of them, with its place.
  private(set) var firstRejection: String?

  /// A file that could be read only once, such as a pipe, and was.
  private var spent: String?

  /// The least and the greatest label seen.
  private(set) var labels: ClosedRange<Float>?

  /// Names the files; nothing is read yet.
  init(files: [String], settings: FitSettings, memoryLimit: Int) throws(FitProblem) {
    self.files = files
    self.memoryLimit = memoryLimit
    do throws(InvalidSchema) {
      decoder = try EventDecoder(settings.schema, format: settings.format)
    } catch {
      throw FitProblem(.settings, "\(error)")
    }
  }

  /// The bytes that the events take in memory.
  var bytes: Int {
    events.count * MemoryLayout<BatchEvent>.stride + features.count * MemoryLayout<Feature>.stride
  }

  /// Reads the events into memory, as far as it has room for all of them.
  ///
  /// - Parameter progress: takes how many were read; false ends it.
  func load(progress: (Int) throws(FitProblem) -> Void) throws(FitProblem) {
    isResident = try read { () throws(FitProblem) in
      if events.count % 1024 == 0 { try progress(events.count) }
      return bytes <= memoryLimit
    }
    if isResident {
      count = events.count
    } else {
      events = []
      features = []
      try requireUnspent()
    }
  }

  /// A pipe cannot be read for another pass.
  private func requireUnspent() throws(FitProblem) {
    guard let spent else { return }
    throw FitProblem(
      .data,
      "\(spent) can be read only once, since it is no file, and its events do not fit into memory for the passes that "
        + "follow: write them to a file, raise --memory, or learn one epoch")
  }

  /// Hands out all events, as many at once as a batch has; the last batch may be shorter.
  ///
  /// - Parameters:
  ///   - size: events in a batch.
  ///   - order: where every event stands in memory, in the order in which they are wanted; nil for that of the files.
  func forEachBatch(
    of size: Int, order: [UInt32]? = nil,
    _ body: (UnsafeBufferPointer<BatchEvent>, UnsafeBufferPointer<Feature>) throws(FitProblem) -> Void
  ) throws(FitProblem) {
    if isResident { return try forEachResidentBatch(of: size, order: order, body) }
    var total = 0
    _ = try read { () throws(FitProblem) in
      if events.count < size { return true }
      total += events.count
      try handOut(body)
      return true
    }
    total += events.count
    if !events.isEmpty { try handOut(body) }
    count = total
  }

  private func forEachResidentBatch(
    of size: Int, order: [UInt32]?,
    _ body: (UnsafeBufferPointer<BatchEvent>, UnsafeBufferPointer<Feature>) throws(FitProblem) -> Void
  ) throws(FitProblem) {
    var start = 0
    while start < events.count {
      let end = min(start + size, events.count)
      batch.removeAll(keepingCapacity: true)
      for place in start..<end { batch.append(events[order.map { Int($0[place]) } ?? place]) }
      try batch.withUnsafeBufferPointer { (batch) throws(FitProblem) in
        try features.withUnsafeBufferPointer { (features) throws(FitProblem) in try body(batch, features) }
      }
      start = end
    }
  }

  private func handOut(
    _ body: (UnsafeBufferPointer<BatchEvent>, UnsafeBufferPointer<Feature>) throws(FitProblem) -> Void
  ) throws(FitProblem) {
    try events.withUnsafeBufferPointer { (events) throws(FitProblem) in
      try features.withUnsafeBufferPointer { (features) throws(FitProblem) in try body(events, features) }
    }
    events.removeAll(keepingCapacity: true)
    features.removeAll(keepingCapacity: true)
  }

  /// Decodes all records, event by event into `events` and `features`; false where `body` wanted no more.
  private func read(_ body: () throws(FitProblem) -> Bool) throws(FitProblem) -> Bool {
    try requireUnspent()
    events.removeAll(keepingCapacity: true)
    features.removeAll(keepingCapacity: true)
    rejected = RejectionTally()
    for file in files where try !read(file, body) { return false }
    return true
  }

  private func read(_ path: String, _ body: () throws(FitProblem) -> Bool) throws(FitProblem) -> Bool {
    let source = try opened(path)
    defer { source.close() }
    var wantsMore = true
    var failure: FitProblem?
    while wantsMore {
      let event = source.nextBatch(maximum: 512, timeoutMilliseconds: 0) { records in
        do throws(FitProblem) {
          for record in records.records where wantsMore && append(record, path) { wantsMore = try body() }
        } catch {
          failure = error
          wantsMore = false
        }
      }
      if let failure { throw failure }
      switch event {
      case .records, .idle: continue
      case .endOfStream: return wantsMore
      case .problem(let problem): throw FitProblem(problem)
      }
    }
    return false
  }

  private func opened(_ path: String) throws(FitProblem) -> FileSource {
    do throws(SourceProblem) {
      let source = try FileSource(
        FileSourceSettings(
          path: path, maximumRecordBytes: decoder.schema.limits.maximumRecordBytes, takesStreams: true))
      _ = try source.start(at: nil, missing: .refuse, replaying: [])
      if source.isStream { spent = spent ?? path }
      return source
    } catch {
      throw FitProblem(error)
    }
  }

  /// Decodes one record; false where it is rejected.
  private func append(_ record: SourceRecord, _ path: String) -> Bool {
    do throws(RejectedRecord) {
      guard !record.isTruncated else {
        throw RejectedRecord(.recordTooLarge, "the record is longer than the source's limit")
      }
      let event = try decoder.decode(record.bytes, into: &features)
      events.append(
        BatchEvent(
          features: event.features, label: event.label, importance: event.importance, offset: event.thinning,
          time: event.eventTime))
      if event.label.isFinite {
        labels =
          min(labels?.lowerBound ?? event.label, event.label)...max(labels?.upperBound ?? event.label, event.label)
      }
      return true
    } catch {
      rejected[.decoding(error.reason)] &+= 1
      firstRejection = firstRejection ?? "\(path) at byte \(record.offset): \(error)"
      return false
    }
  }
}
