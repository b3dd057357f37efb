// Unsafe: the pointers of an event are read inside `take`, while the caller keeps the event alive.
import CLibYAML

/// Builds nodes from libyaml's events and refuses what the strict form of YAML does not have.
struct YAMLBuilder {
  private enum Open {
    case sequence([YAMLNode], YAMLMark)
    case mapping([YAMLEntry], YAMLMark, Set<String>, key: (text: String, mark: YAMLMark)?)
  }

  private var open: [Open] = []
  private(set) var root: YAMLNode?
  private var documents = 0

  mutating func take(_ event: yaml_event_t) throws(YAMLProblem) {
    let mark = YAMLMark(event.start_mark)
    switch event.type {
    case YAML_DOCUMENT_START_EVENT:
      documents += 1
      guard documents == 1 else {
        throw YAMLProblem("a second document begins here; a file holds one", at: mark)
      }
    case YAML_ALIAS_EVENT:
      throw YAMLProblem("aliases (`*name`) are not allowed; write the value out", at: mark)
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      try refuse(anchor: scalar.anchor, tag: scalar.tag, mark)
      let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      try add(YAMLNode(content: .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), mark: mark))
    case YAML_SEQUENCE_START_EVENT:
      try refuse(anchor: event.data.sequence_start.anchor, tag: event.data.sequence_start.tag, mark)
      try enter(.sequence([], mark), mark)
    case YAML_MAPPING_START_EVENT:
      try refuse(anchor: event.data.mapping_start.anchor, tag: event.data.mapping_start.tag, mark)
      try enter(.mapping([], mark, [], key: nil), mark)
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
      switch open.popLast() {
      case .sequence(let nodes, let mark): try add(YAMLNode(content: .sequence(nodes), mark: mark))
      case .mapping(let entries, let mark, _, _): try add(YAMLNode(content: .mapping(entries), mark: mark))
      case nil: break
      }
    default: break
    }
  }

  private mutating func enter(_ collection: Open, _ mark: YAMLMark) throws(YAMLProblem) {
    guard open.count < YAMLNode.maximumDepth else {
      throw YAMLProblem("nested deeper than \(YAMLNode.maximumDepth) levels", at: mark)
    }
    if case .mapping(_, _, _, nil) = open.last {
      throw YAMLProblem("a key must be a text, not a list or a mapping", at: mark)
    }
    open.append(collection)
  }

  private mutating func add(_ node: YAMLNode) throws(YAMLProblem) {
    switch open.popLast() {
    case nil: root = node
    case .sequence(var nodes, let mark):
      nodes.append(node)
      open.append(.sequence(nodes, mark))
    case .mapping(var entries, let mark, var names, let key):
      if let key {
        entries.append(YAMLEntry(key: key.text, mark: key.mark, value: node))
        open.append(.mapping(entries, mark, names, key: nil))
      } else {
        let text = try name(of: node)
        guard names.insert(text).inserted else {
          let first = entries.first { $0.key == text }.map { ", first at line \($0.mark.line)" } ?? ""
          throw YAMLProblem("the key `\(text)` is there twice\(first)", at: node.mark)
        }
        open.append(.mapping(entries, mark, names, key: (text, node.mark)))
      }
    }
  }

  private func name(of node: YAMLNode) throws(YAMLProblem) -> String {
    guard case .scalar(let text, let isPlain) = node.content else {
      throw YAMLProblem("a key must be a text, not \(node.noun)", at: node.mark)
    }
    if isPlain, text == "<<" {
      throw YAMLProblem("merge keys (`<<`) are not allowed; write the keys out", at: node.mark)
    }
    if node.isNull { throw YAMLProblem("a key is missing", at: node.mark) }
    return text
  }

  private func refuse(
    anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?, _ mark: YAMLMark
  ) throws(YAMLProblem) {
    if let anchor {
      throw YAMLProblem("anchors (`&\(String(cString: anchor))`) are not allowed", at: mark)
    }
    if let tag { throw YAMLProblem("tags (`\(String(cString: tag))`) are not allowed", at: mark) }
  }
}
