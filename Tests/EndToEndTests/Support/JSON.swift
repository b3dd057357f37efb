import Foundation

/// A JSON value as a test looks at it: members and numbers of what is not there are failures with a path.
struct JSON {
  private let value: Any?
  private let path: String

  /// Parses a text.
  init(_ text: String) throws {
    value = try JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed])
    path = "$"
  }

  private init(_ value: Any?, _ path: String) {
    self.value = value
    self.path = path
  }

  /// A member of an object, or an element of an array by its position; dots lead deeper.
  subscript(_ name: String) -> JSON {
    name.split(separator: ".").reduce(self) { json, part in
      if let array = json.value as? [Any], let index = Int(part) {
        return JSON(array.indices.contains(index) ? array[index] : nil, "\(json.path).\(part)")
      }
      return JSON((json.value as? [String: Any])?[String(part)], "\(json.path).\(part)")
    }
  }

  /// The number.
  var number: Double {
    get throws {
      guard let number = value as? NSNumber else { throw Program.Failure(description: "no number at \(path)") }
      return number.doubleValue
    }
  }

  /// The text.
  var text: String {
    get throws {
      guard let text = value as? String else { throw Program.Failure(description: "no text at \(path)") }
      return text
    }
  }

  /// The elements of an array.
  var elements: [JSON] {
    get throws {
      guard let array = value as? [Any] else { throw Program.Failure(description: "no array at \(path)") }
      return array.enumerated().map { JSON($1, "\(path).\($0)") }
    }
  }

  /// The names of an object's members.
  var members: [String] {
    get throws {
      guard let object = value as? [String: Any] else { throw Program.Failure(description: "no object at \(path)") }
      return object.keys.sorted()
    }
  }

  /// The places at which another value is not what this one says; what it has beyond is no difference, and null is as
  /// good as absent.
  func differences(in other: JSON) -> [String] {
    switch value {
    case let object as [String: Any]: return object.keys.sorted().flatMap { self[$0].differences(in: other[$0]) }
    case let array as [Any] where (other.value as? [Any])?.count == array.count:
      return array.indices.flatMap { self["\($0)"].differences(in: other["\($0)"]) }
    default:
      if !isPresent && !other.isPresent || canonical == other.canonical { return [] }
      return ["\(path): \(other.canonical) instead of \(canonical)"]
    }
  }

  /// The value as canonical text, for comparison.
  var canonical: String {
    guard let value else { return "absent" }
    let data = try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
    return data.map { String(decoding: $0, as: UTF8.self) } ?? "unprintable"
  }

  /// Whether there is anything but null.
  var isPresent: Bool { value != nil && !(value is NSNull) }
}
