// Unsafe memory: liblzma keeps the input and output pointers only for the length of one `lzma_code`; the stream itself
// lives at a fixed address, since liblzma remembers it.
import CLZMA

/// .xz streams, one after another and padded as the format allows, each checked by its own checks.
final class XZDecoder: StreamDecoder {
  private static let memoryLimit: UInt64 = 1 << 30
  private let stream: UnsafeMutablePointer<lzma_stream>
  private var isBetweenStreams = true
  private var streamsRead = 0
  private var padding = 0

  init() throws(DecodingFailure) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: lzma_stream())
    guard lzma_stream_decoder(stream, Self.memoryLimit, 0) == LZMA_OK else { throw .noMemory }
  }

  deinit {
    lzma_end(stream)
    stream.deallocate()
  }

  func step(_ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer)
    throws(DecodingFailure) -> DecodingStep
  {
    if isBetweenStreams && streamsRead > 0 {
      let zeros = input.prefix { $0 == 0 }.count
      padding += zeros
      if zeros > 0 || input.isEmpty {
        return DecodingStep(consumed: zeros, produced: 0, isComplete: padding % 4 == 0)
      }
      guard padding % 4 == 0 else { throw .trailingGarbage }
      guard lzma_stream_decoder(stream, Self.memoryLimit, 0) == LZMA_OK else { throw .noMemory }
      padding = 0
    }
    isBetweenStreams = false
    stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = input.count
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = output.count
    let code = lzma_code(stream, isLast ? LZMA_FINISH : LZMA_RUN)
    let consumed = input.count - stream.pointee.avail_in
    let produced = output.count - stream.pointee.avail_out
    switch code {
    case LZMA_STREAM_END:
      isBetweenStreams = true
      streamsRead += 1
      return DecodingStep(consumed: consumed, produced: produced, isComplete: true)
    case LZMA_OK, LZMA_BUF_ERROR:
      return DecodingStep(consumed: consumed, produced: produced, isComplete: false)
    case LZMA_MEM_ERROR: throw .noMemory
    case LZMA_MEMLIMIT_ERROR: throw .damaged("it asks for more than 1 GiB of memory")
    case LZMA_FORMAT_ERROR where streamsRead > 0: throw .trailingGarbage
    case LZMA_FORMAT_ERROR: throw .damaged("not the beginning of an xz stream")
    case LZMA_OPTIONS_ERROR: throw .damaged("unknown options")
    case LZMA_DATA_ERROR: throw .damaged("the data fails its check")
    default: throw .damaged("liblzma error \(code.rawValue)")
    }
  }
}
