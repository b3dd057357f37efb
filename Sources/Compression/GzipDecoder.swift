// Unsafe memory: zlib keeps the input and output pointers only for the length of one `inflate`; the stream itself
// lives at a fixed address, since zlib remembers it.
import CZlib

/// gzip members, one after another, each checked by its CRC and length.
final class GzipDecoder: StreamDecoder {
  private let stream: UnsafeMutablePointer<z_stream>
  private var betweenMembers = true
  private var membersRead = 0

  init() throws(DecodingFailure) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window, 16 for the gzip wrapper.
    guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw .noMemory
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  func step(_ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer)
    throws(DecodingFailure) -> DecodingStep
  {
    if input.isEmpty && betweenMembers {
      return DecodingStep(consumed: 0, produced: 0, isComplete: membersRead > 0)
    }
    let inputCount = min(input.count, Int(UInt32.max))
    let outputCount = min(output.count, Int(UInt32.max))
    // zlib never writes through next_in.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(inputCount)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(outputCount)
    let wasBetweenMembers = betweenMembers
    if inputCount > 0 { betweenMembers = false }
    let code = inflate(stream, Z_NO_FLUSH)
    let step = DecodingStep(
      consumed: inputCount - Int(stream.pointee.avail_in), produced: outputCount - Int(stream.pointee.avail_out),
      isComplete: false)
    switch code {
    case Z_STREAM_END:
      betweenMembers = true
      membersRead += 1
      inflateReset(stream)
      return DecodingStep(consumed: step.consumed, produced: step.produced, isComplete: true)
    case Z_OK, Z_BUF_ERROR: return step
    case Z_MEM_ERROR: throw .noMemory
    default:
      if wasBetweenMembers && membersRead > 0 { throw .trailingGarbage }
      throw .damaged(stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(code)")
    }
  }
}
