/// Whether the checks of a topic beside its flow tell anything: where they do not, a topic that is made anew is learned
/// on from its middle without a word.
struct KafkaProtection {
  /// As many that tell nothing one after the other are no accident.
  private static let patience = 3

  private let topic: String
  private var lastGood: Int64?
  private var inVain = 0

  /// What is wrong, until a check holds.
  private(set) var problem: String?

  init(topic: String) {
    self.topic = topic
  }

  /// A check held, or a start did, at a time in milliseconds since 1970.
  mutating func held(at milliseconds: Int64) {
    lastGood = milliseconds
    inVain = 0
    problem = nil
  }

  /// A check told nothing.
  ///
  /// - Returns: what is wrong, where that is new.
  mutating func toldNothing(_ reason: String) -> String? {
    inVain += 1
    guard inVain >= Self.patience else { return nil }
    let isNew = problem == nil
    let time = lastGood.map { "at " + utcText(milliseconds: $0) } ?? "at no time"
    problem =
      "whether topic \(topic) is still the one that is learned is not known, since the last \(inVain) checks told nothing: "
      + "\(reason). It was last seen to be the same \(time); were it made anew, that would not be noticed. Learning goes on, "
      + "and so do the checks"
    return isNew ? problem : nil
  }
}
