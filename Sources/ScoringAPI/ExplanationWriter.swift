import Features

/// Writes explanations and encodings.
public enum ExplanationWriter {
  /// Opens an explanation up to its terms; `calibration` is nil where none is configured.
  public static func begin(
    score: Double, raw: Float, bias: Double, calibration: Double? = nil, sum: Double, _ text: inout JSONText
  ) {
    text.append("{\"score\":")
    text.append(score)
    text.append(",\"raw\":")
    text.append(raw)
    text.append(",\"bias\":")
    text.append(bias)
    if let calibration {
      text.append(",\"calibration\":")
      text.append(calibration)
    }
    text.append(",\"sum\":")
    text.append(sum)
    text.append(",\"terms\":[")
  }

  /// Opens an encoding up to its features.
  public static func beginEncoding(_ text: inout JSONText) {
    text.append("{\"features\":[")
  }

  /// Writes one feature, with its term where it belongs to an explanation.
  public static func append(
    index: Int, field: String, value: String, feature: Feature, known: Bool, term: Double?, to text: inout JSONText
  ) {
    if index > 0 { text.append(",") }
    text.append("{\"field\":")
    text.append(string: field)
    text.append(",\"value\":")
    text.append(string: value)
    text.append(",\"hash\":")
    text.append(hexadecimal: feature.hash)
    text.append(",\"x\":")
    text.append(feature.value)
    text.append(",\"known\":")
    text.append(known)
    if let term {
      text.append(",\"term\":")
      text.append(term)
    }
    text.append("}")
  }

  /// Goes from the terms of an explanation to its pairs.
  public static func beginPairs(_ text: inout JSONText) {
    text.append("],\"pairs\":[")
  }

  /// Writes one pair.
  public static func append(
    index: Int, first: Int, second: Int, attention: Float, fieldPairWeight: Float?, term: Double,
    to text: inout JSONText
  ) {
    if index > 0 { text.append(",") }
    text.append("{\"a\":")
    text.append(Int64(first))
    text.append(",\"b\":")
    text.append(Int64(second))
    text.append(",\"attention\":")
    text.append(attention)
    if let fieldPairWeight {
      text.append(",\"field_pair_weight\":")
      text.append(fieldPairWeight)
    }
    text.append(",\"term\":")
    text.append(term)
    text.append("}")
  }

  /// Closes an explanation.
  public static func end(unknown: Int, model: ModelIdentity, _ text: inout JSONText) {
    text.append("],\"unknown\":")
    text.append(Int64(unknown))
    model.close(&text)
  }

  /// Closes an encoding.
  public static func endEncoding(model: ModelIdentity, _ text: inout JSONText) {
    text.append("]")
    model.close(&text)
  }
}
