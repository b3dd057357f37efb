import AttentionalFM
import Features

/// Random events for the tests, the same for the same seed.
struct Events {
  var features: [Feature]
  var label: Float

  static func random(count: Int, seed: UInt64, fields: Int = 5, values: UInt64 = 40) -> [Events] {
    (0..<UInt64(count)).map { n in
      let features = (0..<UInt64(fields)).compactMap { field -> Feature? in
        let drawn = Draws.bits(seed: seed, stream: n, index: field)
        if drawn % 7 == 0 { return nil }
        return Feature(hash: drawn % values &* 8 &+ field, value: field == 0 ? 0.5 : 1, field: UInt16(field))
      }
      return Events(features: features, label: features.count % 2 == 0 ? 1 : 0)
    }
  }
}

extension ModelConfiguration {
  static func small(
    kind: Kind = .afm, embeddingSize: Int = 5, attentionSize: Int = 7, tableSlots: Int = 1024, fields: Int = 5
  ) -> ModelConfiguration {
    ModelConfiguration(
      layout: FieldLayout(names: (0..<fields).map { "field\($0)" }), kind: kind, embeddingSize: embeddingSize,
      attentionSize: attentionSize, tableSlots: tableSlots)
  }
}
