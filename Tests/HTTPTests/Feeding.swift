@testable import HTTP

/// What a parser made of a stream of bytes, fit for comparison.
enum Outcome: Equatable {
  case request(method: Method, path: String, query: String, body: [UInt8], keepsAlive: Bool)
  case expectsContinue
  case failed(Int)
}

/// Feeds the bytes in pieces of a size (nil: whole) and gives what came of them.
func outcomes(of bytes: [UInt8], piece: Int? = nil, limits: Limits = Limits()) -> [Outcome] {
  let size = max(piece ?? bytes.count, 1)
  let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
  return outcomes(ofPieces: pieces, limits: limits)
}

/// Feeds the pieces one after another and gives what came of them.
func outcomes(ofPieces pieces: [[UInt8]], limits: Limits = Limits()) -> [Outcome] {
  var parser = RequestParser(limits: limits)
  var found: [Outcome] = []
  for piece in pieces {
    let ended = piece.withUnsafeBytes { bytes in
      var position = 0
      while true {
        let (taken, step) = parser.consume(UnsafeRawBufferPointer(rebasing: bytes[position...]))
        position += taken
        switch step {
        case .needsMore:
          return false
        case .expectsContinue:
          found.append(.expectsContinue)
        case .failed(let failure):
          found.append(.failed(failure.status))
          return true
        case .request:
          let request = parser.request
          found.append(
            .request(
              method: request.method, path: String(decoding: request.path, as: UTF8.self),
              query: String(decoding: request.query, as: UTF8.self), body: request.body,
              keepsAlive: request.keepsAlive))
        }
      }
    }
    if ended { break }
  }
  return found
}

/// The text's bytes.
func bytes(_ text: String) -> [UInt8] {
  Array(text.utf8)
}
