import LoadGeneration

/// What `afmctl bench` prints as JSON: what was asked for, and what was found.
struct LoadAnswer: Encodable {
  /// Lines or HTTP.
  var spoken: String
  /// Connections.
  var connections: Int
  /// Instances in each request.
  var instancesPerRequest: Int
  /// How arrivals were spaced; absent in a closed loop.
  var spacing: String?
  /// Requests under way on each connection; absent in an open loop.
  var pipeline: Int?
  /// Features of an instance that the model does not know, on average.
  var unknownPerInstance: Double
  /// What was found.
  var result: LoadReport

  private enum CodingKeys: String, CodingKey {
    case spoken = "protocol"
    case connections, instancesPerRequest, spacing, pipeline, unknownPerInstance, result
  }

  init(_ settings: LoadSettings, _ result: LoadReport, unknownPerInstance: Double) {
    spoken = settings.spoken.rawValue
    connections = settings.connections
    instancesPerRequest = settings.instancesPerRequest
    spacing = settings.rate == nil ? nil : settings.spacing.rawValue
    pipeline = settings.rate == nil ? settings.pipeline : nil
    self.unknownPerInstance = unknownPerInstance
    self.result = result
  }
}
