import Features
import Foundation
import JSONReading

@testable import FeatureEncoding

/// A feature as a test writes it down: the hash's own byte string is tested elsewhere.
struct Expected: Hashable {
  var hash: UInt64
  var value: Float

  static func categorical(_ field: String, _ text: String, _ value: Float = 1, seed: UInt64 = 0) -> Expected {
    Expected(hash: FeatureHash.categorical(field: field, text: text, seed: seed), value: value)
  }

  static func numeric(_ field: String, _ value: Float, seed: UInt64 = 0) -> Expected {
    Expected(hash: FeatureHash.numeric(field: field, seed: seed), value: value)
  }
}

extension Feature {
  var expected: Expected { Expected(hash: hash, value: value) }
}

/// The features of a record under a schema; its label is not looked at.
func encode(_ text: String, _ schema: Schema) throws -> [Expected] {
  let encoder = try FeatureEncoder(schema)
  var features: [Feature] = []
  let reader = JSONReader()
  let range = try withExtendedLifetime(reader) { try encoder.encode(try reader.parse(text), into: &features) }
  return features[range].map(\.expected)
}

func encode(_ text: String, _ fields: FieldDefinition..., crosses: [CrossDefinition] = []) throws -> [Expected] {
  try encode(text, Schema(features: fields, crosses: crosses))
}

/// Why a record is rejected; nil where it is not. Checks that a rejected record leaves no features behind.
func rejection(_ record: [UInt8], _ decoder: EventDecoder) -> RejectedRecord? {
  var features = [Feature(hash: 1, value: 2, field: 3)]
  return record.withUnsafeBytes { raw in
    do throws(RejectedRecord) {
      _ = try decoder.decode(raw, into: &features)
      return nil
    } catch {
      return features.count == 1 ? error : RejectedRecord(.empty, "features were left behind")
    }
  }
}

func rejection(
  _ record: String, _ schema: Schema, format: RecordFormat = .json
) throws -> RejectedRecord? {
  rejection(Array(record.utf8), try EventDecoder(schema, format: format))
}

/// The schema of the flights.
let flightsSchema = Schema(
  time: TimeDefinition(path: "time"),
  features: [
    FieldDefinition(name: "date", path: "time", kind: .time(part: .date)),
    FieldDefinition(name: "day_of_week", path: "time", kind: .time(part: .dayOfWeek)),
    FieldDefinition(name: "hour", path: "time", kind: .time(part: .hour)),
    FieldDefinition(name: "carrier"), FieldDefinition(name: "flight"), FieldDefinition(name: "tailnum"),
    FieldDefinition(name: "origin"), FieldDefinition(name: "dest"),
    FieldDefinition(name: "distance", kind: .numeric(transform: .bucketWidth(250))),
    FieldDefinition(name: "visibility", path: "weather.visibility", kind: .numeric()),
  ],
  crosses: [CrossDefinition(fields: ["date", "origin"])])

/// One flight.
let flight =
  #"{"label":0,"time":"2013-01-01T05:15:00-05:00","carrier":"UA","flight":"UA1545","tailnum":"N14228","origin":"EWR","#
  + #""dest":"IAH","distance":1400.0,"scheduled_arrival_hour":8,"weather":{"visibility":10.0,"precipitation":0.0}}"#

struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
