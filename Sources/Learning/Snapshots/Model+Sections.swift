import AttentionalFM
import SnapshotStore

extension Model {
  /// What of the model stands in sections of a snapshot, beside its parameters: a function of the events that came.
  package var sections: [SnapshotSection] {
    guard let state = forgettingState else { return [] }
    return [
      SnapshotSection(
        SectionName.forgetting, version: 1, isCanonical: true,
        tensors: [
          Tensor("half_life", .signed64([state.halfLifeMilliseconds])),
          Tensor("time", .signed64(state.time.map { [$0] } ?? [])),
          Tensor("block", .unsigned32(state.block.map { [$0] } ?? [])),
          Tensor("blocks", .unsigned32(state.blocks)), Tensor("steps", .signed64(state.steps)),
        ])
    ]
  }

  /// Goes on from sections, where the model forgets and they say how far it was.
  ///
  /// - Throws: where the section has a version or tensors that are not known here, or numbers that are impossible.
  package func restore(_ sections: [SnapshotSection]) throws(SnapshotProblem) {
    guard let section = sections.first(where: { $0.name == SectionName.forgetting }) else { return }
    try section.require(version: 1)
    guard case .signed64(let halfLife)? = section["half_life"], halfLife.count == 1,
      case .signed64(let time)? = section["time"], time.count <= 1,
      case .unsigned32(let block)? = section["block"], block.count <= 1,
      case .unsigned32(let blocks)? = section["blocks"], case .signed64(let steps)? = section["steps"]
    else {
      throw SnapshotProblem(.damaged, "the clock of forgetting lacks a tensor; the snapshot is damaged")
    }
    do throws(ModelProblem) {
      try restore(
        forgetting: ForgettingState(
          halfLifeMilliseconds: halfLife[0], time: time.first, block: block.first, blocks: blocks, steps: steps))
    } catch {
      throw SnapshotProblem(.damaged, "the clock of forgetting cannot be gone on from: \(error)")
    }
  }
}
