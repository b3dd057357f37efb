import Features
import JSONReading

/// Events in two parts: a context, and candidates that each make an event together with it.
///
/// Context and candidate together give the features of one instance that holds the members of both. A cross is the
/// candidate's as soon as one of its parts is; those whose parts are all the context's are made once, with it.
extension FeatureEncoder {
  /// Appends the features of a context, in the schema's order, as `encode` would.
  ///
  /// - Parameters:
  ///   - instance: the context's fields.
  ///   - context: becomes what `encode(candidate:beside:into:)` needs to know of it.
  ///   - features: where its features are appended.
  /// - Returns: where the features stand. Where the context is rejected, none have been appended.
  /// - Throws: why the context cannot be used.
  public func encode(
    context instance: JSONValue, as context: inout EncodedContext, into features: inout [Feature]
  ) throws(RejectedRecord) -> Range<Int> {
    let range = try encode(instance, into: &features)
    context.featureCount = range.count
    context.pairsLeftOut = 0
    context.openFields.removeAll(keepingCapacity: true)
    context.takenFields.removeAll(keepingCapacity: true)
    context.parts.removeAll(keepingCapacity: true)
    for index in 0..<fieldCount {
      let field = fields[index]
      if case .cross(let first, let count) = field.action {
        noteCross(index, first..<(first &+ count), &context)
      } else if selection.value(field.slot) != nil {
        context.takenFields.append(index)
      } else {
        context.openFields.append(index)
      }
      if !field.formsPairs {
        let count = features[range].reduce(0) { $1.field == UInt16(truncatingIfNeeded: index) ? $0 &+ 1 : $0 }
        context.pairsLeftOut &+= count &* (count &- 1) / 2
      }
    }
    return range
  }

  /// Leaves a cross to the candidates, with what the context has of it, unless the context has all of it.
  private func noteCross(_ index: Int, _ range: Range<Int>, _ context: inout EncodedContext) {
    let given = parts[range].filter { fields[$0].event == event }
    if given.count == range.count { return }
    context.openFields.append(index)
    for part in given {
      context.parts.append(
        EncodedContext.Part(field: part, hash: fields[part].lastHash, number: fields[part].lastPart))
    }
  }

  /// Appends the features that a candidate adds to a context, in the schema's order. The limits are held against both
  /// together.
  ///
  /// - Parameters:
  ///   - instance: the candidate's fields, none of which the context has.
  ///   - context: what the candidate is beside.
  ///   - features: where its features are appended.
  /// - Returns: where the features stand. Where the candidate is rejected, none have been appended.
  /// - Throws: why the candidate cannot be used.
  public func encode(
    candidate instance: JSONValue, beside context: EncodedContext, into features: inout [Feature]
  ) throws(RejectedRecord) -> Range<Int> {
    guard instance.kind == .object else { throw RejectedRecord(.notAnObject, "a candidate is a JSON object") }
    selection.find(in: instance)
    event &+= 1
    collection.begin(beside: context)
    // By position: a loop over an array would count a reference to it.
    for place in context.takenFields.indices where selection.value(fields[context.takenFields[place]].slot) != nil {
      throw RejectedRecord(
        .badField, field: schema.features[context.takenFields[place]].path,
        "the context has this field too: a field belongs to the context or to the candidates")
    }
    for place in context.parts.indices {
      let part = context.parts[place]
      fields[part.field].lastHash = part.hash
      fields[part.field].lastPart = part.number
      fields[part.field].event = event
    }
    for place in context.openFields.indices { try encodeField(context.openFields[place]) }
    return try finish(into: &features)
  }
}
