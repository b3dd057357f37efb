/// A field of a schema made ready: nothing in it is reference-counted, so that walking over fields costs nothing.
struct CompiledField {
  /// What is done with the value; the numbers index the encoder's tables.
  enum Action {
    case categorical
    case list(ListScaling)
    case numeric(clip: Double)
    case bucket
    case time(part: TimePart, source: Int, zone: Int)
    case cross(firstPart: Int, partCount: Int)
  }

  /// What is done with the value.
  var action: Action

  /// The slot of the value in the selection; -1 for a cross.
  var slot: Int

  /// Whether two features of the field form a pair.
  var formsPairs: Bool

  /// The byte string of the field's features.
  var input: HashInput

  /// The hash of a numeric field's feature.
  var numericHash: UInt64

  /// The number of the time part that `lastHash` was made of; events come in the order of time more often than not, and
  /// then neither text nor hash is made again.
  var lastPart: Int64 = .min

  /// The hash of the field's single feature in the event at hand, for crosses; meaningful where `event` is current.
  var lastHash: UInt64 = 0

  /// The event that `lastHash` belongs to.
  var event: UInt64 = 0
}
