/// The random draws: every one a pure function of a seed and of what is drawn, so a model is the same however often it
/// was stopped and started on the way. Integer arithmetic and one float multiplication: the same bits everywhere.
public enum Draws {
  /// The finalizer of splitmix64.
  static func mixed(_ value: UInt64) -> UInt64 {
    var x = value
    x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
    x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
    return x ^ (x >> 31)
  }

  /// 64 random bits for a stream (a feature's hash, a tensor, an event number) and an index in it.
  public static func bits(seed: UInt64, stream: UInt64, index: UInt64) -> UInt64 {
    mixed(mixed(stream ^ mixed(seed &+ 0x9E37_79B9_7F4A_7C15)) &+ (index &+ 1) &* 0x9E37_79B9_7F4A_7C15)
  }

  /// A nearly normal number of mean 0 and standard deviation `scale`: the sum of the four 16-bit quarters of `bits`,
  /// less its mean, divided by its standard deviation 65536 / sqrt(3).
  public static func normal(_ bits: UInt64, scale: Float) -> Float {
    let sum = Int32(bits & 0xFFFF) + Int32(bits >> 16 & 0xFFFF) + Int32(bits >> 32 & 0xFFFF) + Int32(bits >> 48)
    return Float(sum - 131_070) * (scale * 2.6428997e-5)
  }

  /// Coordinate `coordinate` of a new feature's embedding.
  public static func embedding(seed: UInt64, hash: UInt64, coordinate: Int, scale: Float) -> Float {
    normal(bits(seed: seed, stream: hash, index: UInt64(coordinate)), scale: scale)
  }

  /// Whether dropout keeps a coordinate of the pooled vector at an event.
  public static func keeps(seed: UInt64, eventNumber: UInt64, coordinate: Int, dropout: Float) -> Bool {
    let drawn = bits(seed: seed ^ 0x6472_6F70_6F75_7400, stream: eventNumber, index: UInt64(coordinate)) >> 40
    return Float(drawn) >= dropout * 16_777_216
  }

  /// The embedding of a new feature: `count` coordinates.
  static func embedding(
    into row: UnsafeMutablePointer<Float>, count: Int, hash: UInt64, configuration: ModelConfiguration
  ) {
    for d in 0..<count {
      row[d] = embedding(seed: configuration.seed, hash: hash, coordinate: d, scale: configuration.embeddingScale)
    }
  }

  /// What dropout multiplies the pooled vector by at an event: 0, or the inverse of the share that is kept.
  static func dropout(
    into kept: UnsafeMutablePointer<Float>, count: Int, eventNumber: UInt64, configuration: ModelConfiguration
  ) {
    let scale = 1 / (1 - configuration.dropout)
    for d in 0..<count {
      let keeps = keeps(
        seed: configuration.seed, eventNumber: eventNumber, coordinate: d, dropout: configuration.dropout)
      kept[d] = keeps ? scale : 0
    }
  }
}
