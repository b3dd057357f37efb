import Foundation
import Testing
import YAML

/// `Docs/openapi.yaml`, read far enough to hold answers against it.
struct OpenAPIDocument {
  private let root: YAMLNode

  init() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Docs/openapi.yaml")
    root = try YAMLNode.parse(bytes: [UInt8](Data(contentsOf: file)))
  }

  /// Every operation: `METHOD /path`, whether it is for the control socket alone, and its operation id.
  var operations: [(name: String, needsControl: Bool, id: String)] {
    entries(root["paths"]).flatMap { path in
      entries(path.value).map { method in
        (
          "\(method.key.uppercased()) \(path.key)", text(method.value["x-afm-control"]) == "true",
          text(method.value["operationId"]) ?? ""
        )
      }
    }
  }

  /// The schema of an operation's successful answer; nil where it is no JSON.
  func answer(of operation: String) -> YAMLNode? {
    let parts = operation.split(separator: " ")
    let responses = root["paths"]?[String(parts[1])]?[parts[0].lowercased()]?["responses"]
    let success = entries(responses).first { $0.key.hasPrefix("2") }
    return success?.value["content"]?["application/json"]?["schema"]
  }

  /// The schema of a component.
  func component(_ name: String) -> YAMLNode? { root["components"]?["schemas"]?[name] }

  /// What is wrong with a value according to a schema: members that are not documented, or documented ones that are
  /// missing, or types that differ.
  func faults(_ value: Any, _ schema: YAMLNode?, at path: String = "$") -> [String] {
    guard let schema else { return ["\(path): no schema"] }
    if let reference = text(schema["$ref"]) {
      return faults(value, component(String(reference.split(separator: "/").last ?? "")), at: path)
    }
    if value is NSNull { return text(schema["nullable"]) == "true" ? [] : ["\(path): null"] }
    switch text(schema["type"]) {
    case "object": return objectFaults(value, schema, at: path)
    case "array":
      guard let elements = value as? [Any] else { return ["\(path): no array"] }
      return elements.enumerated().flatMap { faults($1, schema["items"], at: "\(path)[\($0)]") }
    case "string":
      guard let string = value as? String else { return ["\(path): no string"] }
      let allowed = items(schema["enum"])
      return allowed.isEmpty || allowed.contains(string) ? [] : ["\(path): \(string)"]
    case "boolean": return value is Bool ? [] : ["\(path): no boolean"]
    case "integer", "number": return value is NSNumber ? [] : ["\(path): no number"]
    default: return ["\(path): the schema has no type"]
    }
  }

  private func objectFaults(_ value: Any, _ schema: YAMLNode, at path: String) -> [String] {
    guard let members = value as? [String: Any] else { return ["\(path): no object"] }
    let properties = schema["properties"]
    let required = items(schema["required"]).filter { members[$0] == nil }.map { "\(path).\($0): missing" }
    return required
      + members.flatMap { name, member -> [String] in
        if let property = properties?[name] { return faults(member, property, at: "\(path).\(name)") }
        let others = schema["additionalProperties"]
        if let others, text(others) == nil { return faults(member, others, at: "\(path).\(name)") }
        return text(others) == "true" ? [] : ["\(path).\(name): not documented"]
      }
  }

  private func entries(_ node: YAMLNode?) -> [YAMLEntry] {
    guard case .mapping(let entries)? = node?.content else { return [] }
    return entries
  }

  private func items(_ node: YAMLNode?) -> [String] {
    guard case .sequence(let nodes)? = node?.content else { return [] }
    return nodes.compactMap { text($0) }
  }

  private func text(_ node: YAMLNode?) -> String? { node?.plainText }
}

extension YAMLNode {
  fileprivate subscript(_ key: String) -> YAMLNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  fileprivate var plainText: String? {
    guard case .scalar(let text, _) = content else { return nil }
    return text
  }
}
