import EventSources

extension StandingProblem {
  /// What is wrong with the delivery of dead letters.
  static func of(_ figures: DeadLetterFigures.Values) -> [StandingProblem] {
    var problems: [StandingProblem] = []
    if let failure = figures.failure {
      problems.append(
        StandingProblem(.deadLettersFailing, "\(failure). \(figures.waiting) wait on the disk and are sent again"))
    }
    if figures.isDropping {
      problems.append(
        StandingProblem(
          .deadLettersDropped,
          "\(figures.dropped) dead letters were dropped since the start, perhaps more before; they are in the quarantine "
            + "alone. The log says why: where too many wait, raise dead_letters.spill_size, or see why they are not "
            + "delivered. This stands until all that wait (\(figures.waiting)) are"))
    }
    return problems
  }
}
