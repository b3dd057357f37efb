/// Slots of a table, a bit each.
struct SlotSet {
  private var words: [UInt64]

  /// Makes an empty set of the slots below a number.
  init(slots: UInt64) {
    words = [UInt64](repeating: 0, count: Int(clamping: (slots &+ 63) / 64))
  }

  /// Whether a slot is in the set; one that is beyond the table is not.
  func contains(_ slot: UInt64) -> Bool {
    slot / 64 < UInt64(words.count) && words[Int(slot / 64)] & (1 << (slot % 64)) != 0
  }

  /// Adds slots of the table.
  mutating func insert(_ slots: [UInt64]) {
    for slot in slots where slot / 64 < UInt64(words.count) { words[Int(slot / 64)] |= 1 << (slot % 64) }
  }
}
