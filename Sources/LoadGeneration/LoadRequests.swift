import HTTP

/// Requests to score, ready to be sent again and again.
public struct LoadRequests: Sendable {
  private var bytes: [UInt8] = []
  private var ranges: [Range<Int>] = []

  /// Instances in each request.
  public let instancesPerRequest: Int

  /// Bytes and requests that are kept at most; instances beyond them are not used.
  private static let maximumBytes = 64 << 20
  private static let maximumCount = 10_000

  /// Prepares requests from instances, in their order and from the first again after the last.
  ///
  /// - Parameters:
  ///   - instances: JSON objects; at least one.
  ///   - instancesPerRequest: at least 1.
  ///   - spoken: lines or HTTP.
  public init(instances: [[UInt8]], instancesPerRequest: Int, as spoken: LoadProtocol) {
    self.instancesPerRequest = max(1, instancesPerRequest)
    guard !instances.isEmpty else { return }
    var next = 0
    for index in 0..<min(instances.count, Self.maximumCount) {
      if index > 0, bytes.count >= Self.maximumBytes { break }
      var list = Array("\"instances\":[".utf8)
      for place in 0..<self.instancesPerRequest {
        if place > 0 { list.append(UInt8(ascii: ",")) }
        list += instances[next]
        next = (next + 1) % instances.count
      }
      list += Array("]}".utf8)
      let start = bytes.count
      switch spoken {
      case .lines: bytes += Array("{\"op\":\"score\",\"id\":\(index),".utf8) + list + [UInt8(ascii: "\n")]
      case .http:
        bytes += RequestWriter.request(method: "POST", target: "/v1/score", body: [UInt8(ascii: "{")] + list)
      }
      ranges.append(start..<bytes.count)
    }
  }

  /// Calls with the bytes of the request that comes after `index` others.
  @inline(__always)
  func withRequest<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let range = ranges[index % ranges.count]
    return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}
