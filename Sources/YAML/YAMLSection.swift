import Spelling

/// Reads the keys of one mapping, each by its type; what is wrong goes to the findings, and reading goes on with the
/// default, so that one run finds every problem of a file.
///
/// A section is read inside the closure of `YAMLNode.read` or `section(_:_:)`; when that returns, every key it did not
/// ask for is reported as unknown.
public final class YAMLSection {
  /// The keys that lead here, joined by dots; empty for the whole document.
  public let path: String
  /// Where the mapping begins.
  public let mark: YAMLMark
  /// Where problems and effective values go.
  public let findings: YAMLFindings
  private let entries: [String: YAMLEntry]
  private let order: [String]
  private var known: Set<String> = []

  init(node: YAMLNode?, path: String, mark: YAMLMark, findings: YAMLFindings) {
    self.path = path
    self.mark = node?.mark ?? mark
    self.findings = findings
    var entries: [String: YAMLEntry] = [:]
    var order: [String] = []
    switch node?.content {
    case .mapping(let found):
      for entry in found {
        entries[entry.key] = entry
        order.append(entry.key)
      }
    case nil: break
    default:
      if let node, !node.isNull {
        let subject = path.isEmpty ? "the document" : "`\(path)`"
        findings.add("\(subject) must be a mapping of keys to values, not \(node.noun)", at: node.mark)
      }
    }
    self.entries = entries
    self.order = order
  }

  /// The keys written, in their order.
  public var keys: [String] { order }

  /// The full path of a key of this section.
  public func path(of key: String) -> String { path.isEmpty ? key : path + "." + key }

  /// Where a key stands; the section's own place where it is not written.
  public func mark(of key: String) -> YAMLMark { entries[key]?.mark ?? mark }

  /// Whether a key is written and has a value other than null.
  public func has(_ key: String) -> Bool {
    known.insert(key)
    return entries[key].map { !$0.value.isNull } ?? false
  }

  /// Adds a problem at a key; the message goes on after the key's path, as in "must be below 1".
  public func problem(_ key: String, _ message: String) {
    findings.add("`\(path(of: key))` \(message)", at: entries[key]?.value.mark ?? mark)
  }

  /// The value of a key; nil where it is not written.
  func node(_ key: String) -> YAMLNode? {
    known.insert(key)
    return entries[key]?.value
  }

  /// Notes the value that holds.
  func note(_ key: String, _ value: String) {
    findings.note(path(of: key), value, isWritten: entries[key] != nil)
  }

  /// Adds a problem where a key is written that has no meaning here; `why` completes "`key` ...".
  ///
  /// For keys that another value of a neighbour would give a meaning; nothing happens for keys already read.
  public func refuse(_ key: String, _ why: String) {
    guard known.insert(key).inserted, entries[key] != nil else { return }
    findings.add("`\(path(of: key))` \(why)", at: mark(of: key))
  }

  /// Reports no unknown key here: a problem already found says that the rest cannot be judged.
  public func ignoreRest() {
    known.formUnion(order)
  }

  /// Reads a mapping under a key; where it is missing or null, `body` reads an empty one and so gets every default.
  public func section<Result>(_ key: String, _ body: (YAMLSection) -> Result) -> Result {
    let child = YAMLSection(node: node(key), path: path(of: key), mark: mark(of: key), findings: findings)
    let result = body(child)
    child.reportUnknownKeys()
    return result
  }

  /// Reads a mapping under a key where it is written and not null, else gives nil.
  public func optionalSection<Result>(_ key: String, _ body: (YAMLSection) -> Result) -> Result? {
    guard has(key) else {
      note(key, "null")
      return nil
    }
    return section(key, body)
  }

  /// Reads a list under a key; missing or null is an empty list.
  public func list<Result>(_ key: String, _ body: (YAMLItem) -> Result) -> [Result] {
    guard let node = node(key), !node.isNull else { return [] }
    guard case .sequence(let nodes) = node.content else {
      problem(key, "must be a list, not \(node.noun)")
      return []
    }
    return nodes.enumerated().map { index, node in
      body(YAMLItem(node: node, path: "\(path(of: key))[\(index)]", findings: findings))
    }
  }

  func reportUnknownKeys() {
    for key in order where !known.contains(key) {
      guard let entry = entries[key] else { continue }
      let inside = path.isEmpty ? "" : " in `\(path)`"
      let hint = Spelling.nearest(to: key, among: known.sorted()).map { "; did you mean `\($0)`?" } ?? ""
      findings.add("unknown key `\(key)`\(inside)\(hint)", at: entry.mark)
    }
  }
}

/// One element of a list.
public struct YAMLItem {
  let node: YAMLNode
  /// Where it stands in the document: `schema.features[2]`.
  public let path: String
  let findings: YAMLFindings

  /// Where it begins.
  public var mark: YAMLMark { node.mark }

  /// Whether it is a mapping.
  public var isMapping: Bool {
    if case .mapping = node.content { true } else { false }
  }

  /// Whether it is a list.
  public var isList: Bool {
    if case .sequence = node.content { true } else { false }
  }

  /// Reads it as a mapping.
  public func section<Result>(_ body: (YAMLSection) -> Result) -> Result {
    let section = YAMLSection(node: node, path: path, mark: node.mark, findings: findings)
    let result = body(section)
    section.reportUnknownKeys()
    return result
  }

  /// Reads it as a list.
  public func list<Result>(_ body: (YAMLItem) -> Result) -> [Result] {
    guard case .sequence(let nodes) = node.content else {
      findings.add("`\(path)` must be a list, not \(node.noun)", at: node.mark)
      return []
    }
    return nodes.enumerated().map { index, node in
      body(YAMLItem(node: node, path: "\(path)[\(index)]", findings: findings))
    }
  }

  /// Reads it as a text.
  public func text() -> String? {
    guard case .scalar(let text, _) = node.content, !node.isNull else {
      findings.add("`\(path)` must be a text, not \(node.noun)", at: node.mark)
      return nil
    }
    return findings.substituting(text, subject: "`\(path)`", at: node.mark)
  }

  /// Reads it as a number.
  public func number() -> Double? {
    guard case .scalar(let text, true) = node.content, let value = YAMLScalars.number(text) else {
      findings.add("`\(path)` must be a number, not \(node.noun)", at: node.mark)
      return nil
    }
    return value
  }
}

extension YAMLNode {
  /// Reads the document as a mapping; every problem goes to `findings`.
  public func read<Result>(_ findings: YAMLFindings, _ body: (YAMLSection) -> Result) -> Result {
    let section = YAMLSection(node: self, path: "", mark: mark, findings: findings)
    let result = body(section)
    section.reportUnknownKeys()
    return result
  }
}
