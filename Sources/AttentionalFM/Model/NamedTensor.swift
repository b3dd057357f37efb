/// A dense parameter with its Adagrad sums, as snapshots keep it.
///
/// The names are `bias` [], `output` [k] (p), `attention.projection` [t, k] (W), `attention.bias` [t] (b),
/// `attention.output` [t] (h), `fieldPairs` [F(F+1)/2] (r: fields a <= b at b(b+1)/2 + a) and `fieldPairWeights` (m,
/// likewise); a model has those its kind needs.
public struct NamedTensor: Equatable, Sendable {
  /// The name.
  public var name: String
  /// The sizes, slowest first.
  public var shape: [Int]
  /// The numbers in row-major order.
  public var values: [Float]
  /// The Adagrad sum of each number.
  public var accumulators: [Float]

  /// Makes a tensor of its parts.
  public init(name: String, shape: [Int], values: [Float], accumulators: [Float]) {
    self.name = name
    self.shape = shape
    self.values = values
    self.accumulators = accumulators
  }
}

extension DenseParameters {
  /// Where the numbers of a tensor stand, in the tensor's own order.
  private struct Place {
    let name: String
    let shape: [Int]
    let indices: [Int]
    /// Whether there is one number for each pair of fields.
    var isOfFieldPairs = false
  }

  private var places: [Place] {
    let c = layout.c
    let k = Int(c.k)
    let t = Int(c.t)
    var places = [Place(name: "bias", shape: [], indices: [Int(c.bias)])]
    func vector(_ name: String, at start: Int32, _ count: Int) {
      if start >= 0 { places.append(Place(name: name, shape: [count], indices: (0..<count).map { Int(start) + $0 })) }
    }
    vector("output", at: c.output, k)
    if t > 0 {
      let projection = (0..<t).flatMap { l in
        (0..<k).map { d in layout.projection(l, d) }
      }
      places.append(Place(name: "attention.projection", shape: [t, k], indices: projection))
    }
    vector("attention.bias", at: c.attention_bias, t)
    vector("attention.output", at: c.attention_output, t)
    for (name, start) in [("fieldPairs", c.field_pairs), ("fieldPairWeights", c.field_pair_weights)] where start >= 0 {
      let count = Int(c.field_pair_count)
      places.append(
        Place(name: name, shape: [count], indices: (0..<count).map { Int(start) + $0 }, isOfFieldPairs: true))
    }
    return places
  }

  /// Copies of all tensors.
  package var tensors: [NamedTensor] {
    places.map { place in
      NamedTensor(
        name: place.name, shape: place.shape, values: place.indices.map { values.base[$0] },
        accumulators: place.indices.map { accumulators.base[$0] })
    }
  }

  /// Puts saved tensors back. `r` and `m` go by the fields' names: a pair of fields that was not saved keeps its start, as
  /// all do where the tensor was not saved; one that is no longer there is left out. Saved tensors that this model does
  /// not have are ignored.
  package func restore(_ tensors: [NamedTensor], savedFields: [String], fields: [String]) throws(ModelProblem) {
    for place in places {
      guard let tensor = tensors.first(where: { $0.name == place.name }) else {
        if place.isOfFieldPairs { continue }
        throw .missingTensor(place.name)
      }
      let expected = place.isOfFieldPairs ? [savedFields.count * (savedFields.count + 1) / 2] : place.shape
      let count = expected.reduce(1, *)
      guard tensor.shape == expected, tensor.values.count == count, tensor.accumulators.count == count else {
        throw .wrongShape(tensor: place.name, saved: tensor.shape, expected: expected)
      }
      guard tensor.values.allSatisfy(\.isFinite), tensor.accumulators.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
        throw .notFinite(place.name)
      }
      for (index, target) in place.indices.enumerated() where !place.isOfFieldPairs {
        values.base[target] = tensor.values[index]
        accumulators.base[target] = tensor.accumulators[index]
      }
      if place.isOfFieldPairs, let start = place.indices.first {
        restoreFieldPairs(tensor, at: start, savedFields: savedFields, fields: fields)
      }
    }
    transpose()
  }

  private func restoreFieldPairs(_ tensor: NamedTensor, at start: Int, savedFields: [String], fields: [String]) {
    // Names are bytes: letters that only look alike are another field.
    let saved = Dictionary(zip(savedFields.map { Array($0.utf8) }, 0...)) { first, _ in first }
    for high in fields.indices {
      guard let savedHigh = saved[Array(fields[high].utf8)] else { continue }
      for low in 0...high {
        guard let savedLow = saved[Array(fields[low].utf8)] else { continue }
        let target = start + DenseLayout.fieldPair(low, high)
        let source = DenseLayout.fieldPair(savedLow, savedHigh)
        values.base[target] = tensor.values[source]
        accumulators.base[target] = tensor.accumulators[source]
      }
    }
  }
}
