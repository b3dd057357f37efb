// Unsafe memory. Invariant: every array of `event` and `rows` has room for `capacity` rows, `index` is a power of two of
// at least twice as many entries, and `begin` makes that room before a row is added.

import CAFMKernels
import Features
import Glibc

/// The rows that the events of a batch touch, each once, in the order in which they were first met: the parameters that
/// all events see, and the sums of their gradients.
final class BatchRows {
  /// The rows as the functions of the table take them: an event that has all features of the batch.
  private let event: UnsafeMutablePointer<afm_event>
  private let rows: UnsafeMutablePointer<afm_event_rows>
  private let table: UnsafeMutablePointer<afm_table>
  private let configuration: ModelConfiguration
  private let width: Int
  /// The Adagrad sums of one event's features, where steps may be implicit.
  private let weightSums: AlignedFloats
  private let rowSums: AlignedFloats
  private var capacity = 0
  private var memory: BatchRowMemory
  private var mask = 0

  /// Whether the row's gradient has its first event in it.
  private var hasGradient: UnsafeMutablePointer<Bool> { memory.hasGradient }

  init(_ table: UnsafeMutablePointer<afm_table>, configuration: ModelConfiguration, width: Int) {
    self.table = table
    self.configuration = configuration
    self.width = width
    let features = configuration.step == .implicit ? configuration.maximumFeatures : 0
    weightSums = AlignedFloats(features.padded)
    rowSums = AlignedFloats(features * width)
    event = .allocate(capacity: 1)
    event.initialize(to: afm_event())
    rows = .allocate(capacity: 1)
    rows.initialize(to: afm_event_rows())
    memory = BatchRowMemory(capacity: 0, width: width)
    memory.describe(event: event, rows: rows)
  }

  deinit {
    event.deallocate()
    rows.deallocate()
  }

  /// The number of rows.
  var count: Int { Int(event.pointee.feature_count) }

  /// Forgets the batch before, and makes room for as many rows.
  func begin(maximum: Int) {
    if maximum > capacity {
      capacity = max(maximum, 2 * capacity)
      memory = BatchRowMemory(capacity: capacity, width: width)
      memory.describe(event: event, rows: rows)
    }
    event.pointee.feature_count = 0
    var size = 16
    while size < 2 * maximum { size *= 2 }
    mask = size - 1
    memset(memory.index, 0xFF, size * MemoryLayout<Int32>.stride)
  }

  /// The row of a feature that was added before, or -1.
  func row(of hash: UInt64) -> Int32 {
    memory.index[place(of: hash)]
  }

  /// The row of a feature that the table knows, added where it is new to the batch; -1 where the table does not know it.
  func known(_ feature: UnsafePointer<afm_feature>) -> Int32 {
    let place = place(of: feature.pointee.hash)
    if memory.index[place] >= 0 { return memory.index[place] }
    let slot = afm_table_find(table, feature.pointee.hash)
    if slot < 0 { return -1 }
    let row = Int32(truncatingIfNeeded: count)
    afm_event_load(table, UInt64(slot), feature, 0, rows, event)
    return added(row, at: place)
  }

  /// The row of a feature that the table does not know: as it is drawn, with a place that no row of the batch has. -1
  /// where there is no room for it. Call it once all known features of the batch were added.
  func new(_ feature: UnsafePointer<afm_feature>) -> Int32 {
    let hash = feature.pointee.hash
    let place = place(of: hash)
    if memory.index[place] >= 0 { return memory.index[place] }
    let slot = afm_table_place(table, hash, rows.pointee.slots, Int32(truncatingIfNeeded: count))
    if slot < 0 { return -1 }
    let row = count
    let k = configuration.effectiveEmbeddingSize
    event.pointee.weight[row] = 0
    rows.pointee.weight_accumulators[row] = configuration.initialAccumulator
    Draws.embedding(into: embedding(row), count: k, hash: hash, configuration: configuration)
    (rows.pointee.row_accumulators + row * width).update(repeating: configuration.initialAccumulator, count: k)
    rows.pointee.hashes[row] = hash
    rows.pointee.slots[row] = slot
    event.pointee.feature_count += 1
    return added(Int32(truncatingIfNeeded: row), at: place)
  }

  /// Puts a feature with its row into an event.
  func load(_ row: Int32, _ feature: Feature, origin: Int, into scratch: EventScratch) {
    scratch.nextWeight.pointee = event.pointee.weight[Int(row)]
    scratch.nextRow.update(from: embedding(Int(row)), count: width)
    scratch.append(feature, origin: origin)
  }

  /// Adds an event's gradients of one of its features, the `n`-th.
  func add(_ scratch: EventScratch, _ n: Int, to row: Int32) {
    let row = Int(row)
    let gradient = event.pointee.row_gradient + row * width
    let added = scratch.event.pointee.row_gradient + n * width
    if hasGradient[row] {
      event.pointee.weight_gradient[row] += scratch.event.pointee.weight_gradient[n]
      for d in 0..<width { gradient[d] += added[d] }
    } else {
      hasGradient[row] = true
      event.pointee.weight_gradient[row] = scratch.event.pointee.weight_gradient[n]
      gradient.update(from: added, count: width)
    }
  }

  /// The sum of `rate g^2 / sqrt(G + g^2)` over the weights and embeddings of an event, in the order of its features.
  ///
  /// - Parameters:
  ///   - scratch: the event, after its backward pass.
  ///   - placed: for each of its features the row.
  func stepSum(_ scratch: EventScratch, _ placed: [Int32], _ kernels: Kernels) -> Double {
    let e = scratch.event.pointee
    let features = Int(e.feature_count)
    for n in features..<features.padded { weightSums.base[n] = 1 }
    for n in 0..<features {
      let row = Int(placed[n])
      weightSums.base[n] = rows.pointee.weight_accumulators[row]
      (rowSums.base + n * width).update(from: rows.pointee.row_accumulators + row * width, count: width)
    }
    let weights = afm_step_sum(kernels.table, e.weight_gradient, weightSums.base, Int64(features.padded))
    let embeddings =
      width > 0 && e.pair_count > 0
      ? afm_step_sum(kernels.table, e.row_gradient, rowSums.base, Int64(features * width)) : 0
    return Double(configuration.rates.linear) * Double(weights)
      + Double(configuration.rates.embedding) * Double(embeddings)
  }

  /// Multiplies the summed gradients by `scale` and adds the penalties to them; whether every sum of squares stays finite.
  func check(_ kernels: Kernels, scale: Float) -> Bool {
    for n in count..<count.padded {
      rows.pointee.weight_accumulators[n] = 1
      event.pointee.weight[n] = 0
      event.pointee.weight_gradient[n] = 0
    }
    let weights = afm_regularize(
      kernels.table, event.pointee.weight_gradient, event.pointee.weight, rows.pointee.weight_accumulators,
      scale, 2 * configuration.regularization.linear, Int64(count.padded))
    if width == 0 { return weights != 0 }
    let embeddings = afm_regularize(
      kernels.table, event.pointee.row_gradient, event.pointee.rows, rows.pointee.row_accumulators,
      scale, 2 * configuration.regularization.embedding, Int64(count * width))
    return weights != 0 && embeddings != 0
  }

  /// Moves every row against its gradient and writes it into the table.
  func move(_ kernels: Kernels, eventsLearned: UInt64, counters: inout EmbeddingTable.Counters) {
    afm_adagrad(
      kernels.table, event.pointee.weight, rows.pointee.weight_accumulators, event.pointee.weight_gradient,
      configuration.rates.linear, configuration.epsilon, Int64(count.padded))
    if width > 0 {
      afm_adagrad(
        kernels.table, event.pointee.rows, rows.pointee.row_accumulators, event.pointee.row_gradient,
        configuration.rates.embedding, configuration.epsilon, Int64(count * width))
    }
    afm_event_publish(
      table, event, rows, UInt32(clamping: eventsLearned / 1024), &counters.claimed, &counters.evicted)
  }

  private func embedding(_ row: Int) -> UnsafeMutablePointer<Float> {
    event.pointee.rows + row * width
  }

  private func added(_ row: Int32, at place: Int) -> Int32 {
    memory.index[place] = row
    hasGradient[Int(row)] = false
    return row
  }

  /// Where a feature stands in the index, or would.
  private func place(of hash: UInt64) -> Int {
    var place = Int(truncatingIfNeeded: hash) & mask
    while memory.index[place] >= 0, rows.pointee.hashes[Int(memory.index[place])] != hash {
      place = (place &+ 1) & mask
    }
    return place
  }
}
