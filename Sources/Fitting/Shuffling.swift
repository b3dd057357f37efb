import AttentionalFM

/// The order of an epoch's events: a pure function of the seed and the epoch.
enum Shuffling {
  /// Where the events of an epoch stand in the files, by Fisher and Yates.
  static func order(count: Int, seed: UInt64, epoch: Int) -> [UInt32] {
    var order = (0..<count).map { UInt32(truncatingIfNeeded: $0) }
    for last in stride(from: count - 1, to: 0, by: -1) {
      let bits = Draws.bits(seed: seed ^ 0x7368_7566_666C_6500, stream: UInt64(epoch), index: UInt64(last))
      // The upper half of the product is below `last + 1`; its bias is under one in 2^32.
      let drawn = Int(bits.multipliedFullWidth(by: UInt64(last) + 1).high)
      order.swapAt(last, drawn)
    }
    return order
  }
}
