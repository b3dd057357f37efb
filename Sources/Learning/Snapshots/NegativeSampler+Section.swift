import Features
import NegativeSampling
import SnapshotStore

extension NegativeSampler {
  /// The state as a section of a snapshot.
  ///
  /// - Parameter settings: names the fields that the hashes are of.
  func section(_ settings: NegativeSamplingSettings) -> SnapshotSection {
    let state = state
    return SnapshotSection(
      SectionName.negativeSampling, version: 1, isCanonical: true,
      tensors: [
        Tensor("fields", .unsigned8(Array(settings.fieldNames.utf8))),
        Tensor("counts", .unsigned64(state.counts)),
        Tensor("value.hash", .unsigned64(state.values)), Tensor("value.count", .unsigned64(state.valueCounts)),
        Tensor("value.order", .unsigned32(state.valueOrder)),
        Tensor("value.features", .unsigned32(state.featureCounts)),
        Tensor("feature.hash", .unsigned64(state.features.map(\.hash))),
        Tensor("feature.value", .float32(state.features.map(\.value))),
        Tensor("feature.field", .unsigned32(state.features.map { UInt32($0.field) })),
        Tensor("user.hash", .unsigned64(state.users)), Tensor("user.values", .unsigned32(state.seenCounts)),
        Tensor("user.order", .unsigned32(state.userOrder)), Tensor("seen.hash", .unsigned64(state.seenValues)),
      ])
  }

  /// Goes on from a section; starts anew where its values or users are those of other fields.
  ///
  /// - Parameters:
  ///   - section: what `section` gave.
  ///   - settings: names the fields now.
  ///   - fieldPositions: for each field the features were saved under, its position now; nil for one whose features do
  ///     not go with a value any more, which are left out.
  /// - Throws: where the section has a version or tensors that are not known here.
  mutating func restore(
    _ section: SnapshotSection, _ settings: NegativeSamplingSettings, fieldPositions: [UInt16?]
  ) throws(SnapshotProblem) {
    let damaged = SnapshotProblem(
      .damaged, "the values to draw negatives from lack a tensor, or their tensors do not fit together")
    try section.require(version: 1)
    guard case .unsigned8(let fields)? = section["fields"] else { throw damaged }
    guard String(decoding: fields, as: UTF8.self) == settings.fieldNames else { return }
    var state = SamplerState()
    guard case .unsigned64(let counts)? = section["counts"],
      case .unsigned64(let values)? = section["value.hash"],
      case .unsigned64(let valueCounts)? = section["value.count"],
      case .unsigned32(let valueOrder)? = section["value.order"],
      case .unsigned32(let featureCounts)? = section["value.features"],
      case .unsigned64(let hashes)? = section["feature.hash"],
      case .float32(let numbers)? = section["feature.value"],
      case .unsigned32(let positions)? = section["feature.field"],
      case .unsigned64(let users)? = section["user.hash"],
      case .unsigned32(let seenCounts)? = section["user.values"],
      case .unsigned32(let userOrder)? = section["user.order"],
      case .unsigned64(let seenValues)? = section["seen.hash"]
    else { throw damaged }
    guard hashes.count == numbers.count, hashes.count == positions.count, numbers.allSatisfy(\.isFinite),
      positions.allSatisfy({ $0 < fieldPositions.count }), featureCounts.count == values.count,
      featureCounts.reduce(UInt64(0), { $0 + UInt64($1) }) == UInt64(hashes.count)
    else { throw damaged }
    (state.counts, state.values, state.valueCounts, state.valueOrder) = (counts, values, valueCounts, valueOrder)
    (state.users, state.seenCounts, state.userOrder, state.seenValues) = (users, seenCounts, userOrder, seenValues)
    var next = 0
    for count in featureCounts {
      let before = state.features.count
      for place in next..<(next + Int(count)) {
        guard let field = fieldPositions[Int(positions[place])] else { continue }
        state.features.append(Feature(hash: hashes[place], value: numbers[place], field: field))
      }
      state.featureCounts.append(UInt32(truncatingIfNeeded: state.features.count - before))
      next += Int(count)
    }
    guard restore(state) else { throw damaged }
  }
}

extension NegativeSamplingSettings {
  /// The names of the fields that a sampler's hashes are of, a line each.
  var fieldNames: String { field + "\n" + (user ?? "") }
}
