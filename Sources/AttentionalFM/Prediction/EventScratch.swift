// Unsafe memory. Invariant: all arrays of `event` are parts of `floats` or of the integer arrays owned here, sized for
// `maximumFeatures` and `maximumPairs`; at most that many features are appended.

import CAFMKernels
import Features

/// The scratch of one event at a time, for the learner or for one scorer: made once, used for every event.
package final class EventScratch {
  package let configuration: ModelConfiguration
  package let event: UnsafeMutablePointer<afm_event>
  package let layout: UnsafeMutablePointer<afm_layout>
  private let floats: AlignedFloats
  private let integers: UnsafeMutablePointer<Int32>
  private let fields: UnsafeMutablePointer<UInt16>
  let within: UnsafeMutablePointer<UInt8>
  private let lastField: UInt16
  // Events of one stream mostly have one number of pairs.
  private var pairsOfLogarithm: Int32 = 0
  private var logarithmOfPairs = 0.0

  /// For each feature of the event, its position among those that were given.
  package let origin: UnsafeMutablePointer<Int32>

  /// For each feature of the event, its hash.
  package let hashes: UnsafeMutablePointer<UInt64>

  /// The same for the C functions that load all features of an event; the owner adds what only it keeps.
  package let rows: UnsafeMutablePointer<afm_event_rows>

  package init(_ configuration: ModelConfiguration) {
    precondition(Feature.layoutIsShared, "Swift lays Feature out differently than C")
    self.configuration = configuration
    layout = .allocate(capacity: 1)
    layout.initialize(to: DenseLayout(configuration).c)
    let features = configuration.maximumFeatures
    let pairs = configuration.kind == .linear ? 0 : configuration.maximumPairs
    let width = Int(layout.pointee.k_padded)
    let depth = Int(layout.pointee.t_padded)
    let sizes = [
      features.padded, features.padded, features.padded, features * width, features * width,  // x w dw v dv
      pairs.padded, pairs.padded, pairs.padded, pairs.padded, pairs.padded,  // pair_x score attention scaled projected
      pairs * width, pairs * depth, width, width,  // z u output_kept pooled_gradient
      configuration.weighsFieldPairs ? pairs : 0,  // multiplier
    ]
    floats = AlignedFloats(sizes.reduce(0) { $0 + $1.padded })
    integers = .allocate(capacity: 3 * pairs + features)
    integers.initialize(repeating: 0, count: 3 * pairs + features)
    hashes = .allocate(capacity: features)
    hashes.initialize(repeating: 0, count: features)
    fields = .allocate(capacity: 2 * features)
    fields.initialize(repeating: 0, count: 2 * features)
    let flags = configuration.layout.formsPairsWithinItself
    within = .allocate(capacity: max(flags.count, 1))
    within.initialize(repeating: 1, count: max(flags.count, 1))
    for (field, flag) in flags.enumerated() { within[field] = flag ? 1 : 0 }
    lastField = UInt16(clamping: max(flags.count, 1) - 1)

    var next = floats.base
    let parts = sizes.map { size in
      defer { next += size.padded }
      return next
    }
    event = .allocate(capacity: 1)
    var e = afm_event()
    e.feature_capacity = Int32(features)
    e.pair_capacity = Int32(pairs)
    e.x = parts[0]
    e.weight = parts[1]
    e.weight_gradient = parts[2]
    e.rows = parts[3]
    e.row_gradient = parts[4]
    e.pair_x = parts[5]
    e.score = parts[6]
    e.attention = parts[7]
    e.scaled = parts[8]
    e.projected = parts[9]
    e.z = parts[10]
    e.u = parts[11]
    e.output_kept = parts[12]
    e.pooled_gradient = parts[13]
    e.multiplier = parts[14]
    e.first = integers
    e.second = integers + pairs
    e.field_pair = integers + 2 * pairs
    e.field = fields
    e.paired_field = fields + features
    e.paired_features = -1
    origin = integers + 3 * pairs
    event.initialize(to: e)
    rows = .allocate(capacity: 1)
    rows.initialize(
      to: afm_event_rows(
        hashes: hashes, origin: origin, last_field: lastField, slots: nil, weight_accumulators: nil,
        row_accumulators: nil, width: Int32(width)))
  }

  deinit {
    event.deallocate()
    rows.deallocate()
    layout.deallocate()
    integers.deallocate()
    fields.deallocate()
    hashes.deallocate()
    within.deallocate()
  }

  /// Forgets the event before.
  package func begin() {
    event.pointee.feature_count = 0
    event.pointee.pair_count = 0
  }

  /// Where the next feature's weight goes.
  package var nextWeight: UnsafeMutablePointer<Float> {
    event.pointee.weight + Int(event.pointee.feature_count)
  }

  /// Where the next feature's row goes; what follows its `k` numbers is zero and must stay so.
  package var nextRow: UnsafeMutablePointer<Float> {
    event.pointee.rows + Int(event.pointee.feature_count) * Int(layout.pointee.k_padded)
  }

  /// Appends a feature whose weight and row have been written to `nextWeight` and `nextRow`.
  package func append(_ feature: Feature, origin position: Int) {
    let n = Int(event.pointee.feature_count)
    event.pointee.x[n] = feature.value
    event.pointee.field[n] = min(feature.field, lastField)
    origin[n] = Int32(clamping: position)
    hashes[n] = feature.hash
    event.pointee.feature_count += 1
  }

  /// Forms the pairs and computes the raw score.
  package func forward(_ kernels: Kernels, parameters: UnsafePointer<Float>) {
    afm_form_pairs(event, within)
    afm_forward(kernels.table, parameters, layout, event)
  }

  /// The prediction that the last forward pass made.
  package func prediction(unknown: Int) -> Prediction {
    Prediction(
      raw: event.pointee.raw, known: Int(event.pointee.feature_count), unknown: unknown,
      pairs: Int(event.pointee.pair_count), attentionEntropy: attentionEntropy)
  }

  private var attentionEntropy: Float {
    let pairs = event.pointee.pair_count
    let sum = Double(event.pointee.exponential_sum)
    guard pairs > 1, sum > 0 else { return 1 }
    // -sum a log a with a = e / sum, over log(pairs).
    let entropy = PortableMath.log(sum) - Double(event.pointee.exponential_moment) / sum
    if pairs != pairsOfLogarithm {
      pairsOfLogarithm = pairs
      logarithmOfPairs = PortableMath.log(Double(pairs))
    }
    return Float(max(0, min(1, entropy / logarithmOfPairs)))
  }
}
