// Unsafe memory. Invariant: `sum` is the model's gradient, laid out as `layout` says; `touched` and `isTouched` have
// room for every pair of fields.

import CAFMKernels

/// The gradients of the dense parameters, summed over the events of a batch in their order.
final class BatchGradient {
  /// The gradients of one event, as the backward pass leaves them.
  let event: AlignedFloats

  /// The field pairs that the events so far touched, each once.
  let touched: UnsafeMutablePointer<Int32>
  private(set) var touchedCount = 0

  private let isTouched: UnsafeMutablePointer<Bool>
  private let sum: UnsafeMutablePointer<Float>
  private let priorStart: Int
  private let denseCount: Int
  private var isEmpty = true

  init(_ dense: DenseParameters) {
    let c = dense.layout.c
    sum = dense.gradient.base
    event = AlignedFloats(Int(c.count))
    priorStart = Int(c.field_pairs)
    denseCount = c.field_pairs >= 0 ? Int(c.field_pairs) : Int(c.count)
    let pairs = max(1, Int(c.field_pair_count))
    touched = .allocate(capacity: pairs)
    touched.initialize(repeating: 0, count: pairs)
    isTouched = .allocate(capacity: pairs)
    isTouched.initialize(repeating: false, count: pairs)
  }

  deinit {
    touched.deallocate()
    isTouched.deallocate()
  }

  /// Forgets the batch before; the sums themselves are the optimiser's to clear.
  func begin() {
    for n in 0..<touchedCount { isTouched[Int(touched[n])] = false }
    touchedCount = 0
    isEmpty = true
  }

  /// Adds the gradients that the backward pass of an event left.
  func add(_ scratch: EventScratch) {
    let added = event.base
    if isEmpty {
      sum.update(from: added, count: denseCount)
      isEmpty = false
    } else {
      for n in 0..<denseCount { sum[n] += added[n] }
    }
    guard priorStart >= 0 else { return }
    let fieldPair = scratch.event.pointee.field_pair
    for n in 0..<Int(scratch.event.pointee.pair_count) {
      guard let r = fieldPair.map({ Int($0[n]) }) else { return }
      let gradient = added[priorStart + r]
      if isTouched[r] {
        // The second pair of these fields in one event: its share is in the first.
        if gradient != 0 { sum[priorStart + r] += gradient }
      } else {
        isTouched[r] = true
        touched[touchedCount] = Int32(truncatingIfNeeded: r)
        touchedCount += 1
        sum[priorStart + r] = gradient
      }
      // The next backward pass adds to it.
      added[priorStart + r] = 0
    }
  }
}
