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
  /// Where `r` and `m` begin; -1 where there is none.
  private let priorStart: Int
  private let weightStart: Int
  private let denseCount: Int
  private var isEmpty = true

  init(_ dense: DenseParameters) {
    let c = dense.layout.c
    sum = dense.gradient.base
    event = AlignedFloats(Int(c.count))
    priorStart = Int(c.field_pairs)
    weightStart = Int(c.field_pair_weights)
    denseCount = [priorStart, weightStart, Int(c.count)].first { $0 >= 0 } ?? 0
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
    guard priorStart >= 0 || weightStart >= 0, let fieldPair = scratch.event.pointee.field_pair else { return }
    for n in 0..<Int(scratch.event.pointee.pair_count) {
      let fields = Int(fieldPair[n])
      let isFirst = !isTouched[fields]
      if isFirst {
        isTouched[fields] = true
        touched[touchedCount] = Int32(truncatingIfNeeded: fields)
        touchedCount += 1
      }
      if priorStart >= 0 { take(priorStart + fields, isFirst: isFirst) }
      if weightStart >= 0 { take(weightStart + fields, isFirst: isFirst) }
    }
  }

  /// Moves one number of a pair of fields from the event's gradients, to which the next backward pass adds, to the sum.
  private func take(_ place: Int, isFirst: Bool) {
    let gradient = event.base[place]
    if isFirst {
      sum[place] = gradient
    } else if gradient != 0 {
      // Of the second pair of these fields in one event the share is in the first.
      sum[place] += gradient
    }
    event.base[place] = 0
  }
}
