/// What one step of a decoder did.
struct DecodingStep {
  var consumed: Int
  var produced: Int
  /// Whether the data seen so far is complete: the end of input is an end here, not a truncation.
  var isComplete: Bool
}

/// Why a step failed.
enum DecodingFailure: Error {
  case damaged(String)
  /// The data refers back to more bytes than are kept; so many, where that is known.
  case windowTooLarge(UInt64?)
  case trailingGarbage
  case noMemory
}

/// A library's streaming decoder, concatenated members included.
protocol StreamDecoder: AnyObject {
  /// Decodes what it can of `input` into `output`; an empty `input` with `isLast` lets it give what it still holds.
  func step(_ input: UnsafeRawBufferPointer, isLast: Bool, into output: UnsafeMutableRawBufferPointer)
    throws(DecodingFailure) -> DecodingStep
}
