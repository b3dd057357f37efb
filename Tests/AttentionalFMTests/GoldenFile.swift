import Foundation

/// One file of golden numbers: a learner's run in float64, computed elsewhere by automatic differentiation.
struct GoldenFile: Decodable {
  struct Configuration: Decodable {
    var model: String
    var rows: Int
    var k: Int
    var t: Int
    var loss: String
    var attention_scale: String
    var lambda_W: Float
    var lambda_w: Float
    var lambda_v: Float
    var learning_rate: Float
    var initial_accumulator: Float
    var epsilon: Float
    var fields: Int?
    var learning_rate_field_pairs: Float?
  }

  struct Parameters: Decodable {
    var w0: Double
    var w: [Double]
    var v: [[Double]]
    var p: [Double]
    var W: [[Double]]
    var b: [Double]
    var h: [Double]
    var r: [[Double]]?
  }

  struct Event: Decodable {
    var rows: [Int]
    var values: [Float]
    var label: Float
    var importance: Float
    var prediction_before_update: Double
    var loss: Double
    var attention: [Double]
    var contribution: [Double]
  }

  var config: Configuration
  var initial: Parameters
  var events: [Event]
  var field_of_row: [Int]?
  var final: Parameters
  var final_accumulators: Parameters

  static func files(in directory: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "json" }.sorted { $0.lastPathComponent < $1.lastPathComponent }
  }

  init(_ url: URL) throws {
    self = try JSONDecoder().decode(GoldenFile.self, from: Data(contentsOf: url))
  }
}
