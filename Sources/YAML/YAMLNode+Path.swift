extension YAMLNode {
  /// The node at a path such as `schema.features[2].width`; nil where there is none.
  public func node(at path: String) -> YAMLNode? {
    var node = self
    for step in Self.steps(path) {
      guard let next = node.child(step) else { return nil }
      node = next.value
    }
    return node
  }

  /// Where the deepest node on the way along a path stands, for a message about what may be missing.
  public func mark(at path: String) -> YAMLMark {
    var node = self
    var mark = self.mark
    for step in Self.steps(path) {
      guard let next = node.child(step) else { break }
      node = next.value
      mark = next.mark
    }
    return mark
  }

  private enum Step {
    case key(String)
    case index(Int)
  }

  private static func steps(_ path: String) -> [Step] {
    path.split(separator: ".").flatMap { part -> [Step] in
      let pieces = part.split(separator: "[")
      return pieces.enumerated().map { index, piece in
        if index > 0, piece.hasSuffix("]"), let number = Int(piece.dropLast()) { return .index(number) }
        return .key(String(piece))
      }
    }
  }

  private func child(_ step: Step) -> (value: YAMLNode, mark: YAMLMark)? {
    switch (step, content) {
    case (.key(let key), .mapping(let entries)):
      guard let entry = entries.first(where: { $0.key == key }) else { return nil }
      // A scalar is pointed at itself, a collection through its key.
      if case .scalar = entry.value.content { return (entry.value, entry.value.mark) }
      return (entry.value, entry.mark)
    case (.index(let index), .sequence(let nodes)):
      return nodes.indices.contains(index) ? (nodes[index], nodes[index].mark) : nil
    default: return nil
    }
  }
}
