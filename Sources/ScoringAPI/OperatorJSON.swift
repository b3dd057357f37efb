import Foundation

/// How operators' requests and answers become JSON: keys in snake case and sorted, absent values left out.
///
/// For cold paths; scores are written by `PredictionWriter`.
public enum OperatorJSON {
  /// The JSON of a value.
  public static func encode(_ value: some Encodable) throws(Problem) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return [UInt8](try encoder.encode(value))
    } catch {
      throw .internalError("an answer could not be written as JSON: \(error)")
    }
  }

  /// The value that some JSON holds.
  public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) throws(Problem)
    -> Value
  {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      return try decoder.decode(type, from: Data(bytes))
    } catch let error as DecodingError {
      throw problem(error)
    } catch {
      throw .badRequest("the body is not the JSON that is expected here: \(error)")
    }
  }

  private static func problem(_ error: DecodingError) -> Problem {
    switch error {
    case .keyNotFound(let key, let context):
      return .badRequest("\(snakeCase(key.stringValue)) is missing", field: path(context.codingPath + [key]))
    case .valueNotFound(_, let context):
      return .badRequest("a value is missing", field: path(context.codingPath))
    case .typeMismatch(let type, let context):
      return .badRequest("the value is not a \(type)", field: path(context.codingPath))
    case .dataCorrupted(let context):
      return .badRequest(context.debugDescription, field: path(context.codingPath))
    @unknown default:
      return .badRequest("the body is not the JSON that is expected here")
    }
  }

  private static func path(_ keys: [any CodingKey]) -> String? {
    var text = ""
    for key in keys {
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += (text.isEmpty ? "" : ".") + snakeCase(key.stringValue)
      }
    }
    return text.isEmpty ? nil : text
  }

  private static func snakeCase(_ name: String) -> String {
    var text = ""
    for letter in name {
      if letter.isUppercase { text += "_" }
      text += letter.lowercased()
    }
    return text
  }
}

/// The number, or nil where it is not finite: JSON has no word for those.
func finite(_ number: Double?) -> Double? {
  guard let number, number.isFinite else { return nil }
  return number
}
