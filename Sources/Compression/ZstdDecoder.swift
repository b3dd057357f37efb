// Unsafe memory: zstd keeps the input and output pointers only for the length of one `ZSTD_decompressStream`.
import CZstd

/// Zstandard frames, one after another, each checked by its checksum where it has one.
final class ZstdDecoder: StreamDecoder {
  private let stream: OpaquePointer
  private var isBetweenFrames = true
  private var framesRead = 0

  init() throws(DecodingFailure) {
    guard let stream = ZSTD_createDStream() else { throw .noMemory }
    self.stream = stream
  }

  deinit {
    ZSTD_freeDStream(stream)
  }

  /// The window that a frame's header names (RFC 8878, 3.1.1.1.2); nil where it names none.
  private static func window(ofFrame frame: UnsafeRawBufferPointer) -> UInt64? {
    let isSingleSegment = frame.count > 5 && frame[4] & 0x20 != 0
    guard frame.count > 5, !isSingleSegment else { return nil }
    let base = UInt64(1) << (10 + UInt64(frame[5] >> 3))
    return base + base / 8 * UInt64(frame[5] & 7)
  }

  func step(_ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer)
    throws(DecodingFailure) -> DecodingStep
  {
    if input.isEmpty && isBetweenFrames {
      return DecodingStep(consumed: 0, produced: 0, isComplete: framesRead > 0)
    }
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var destination = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let startsFrame = isBetweenFrames
    let result = ZSTD_decompressStream(stream, &destination, &source)
    if ZSTD_isError(result) != 0 {
      if ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge {
        throw .windowTooLarge(startsFrame ? Self.window(ofFrame: input) : nil)
      }
      if startsFrame && framesRead > 0 { throw .trailingGarbage }
      throw .damaged(ZSTD_getErrorName(result).map { String(cString: $0) } ?? "zstd error \(result)")
    }
    isBetweenFrames = result == 0
    if isBetweenFrames { framesRead += 1 }
    return DecodingStep(consumed: source.pos, produced: destination.pos, isComplete: isBetweenFrames)
  }
}
