import CSimdJSON

// Invariants of the unsafe code in this room (JSONReader, JSONValue, JSONElements, JSONMembers, JSONString):
// - simdjson has validated the document before any value of it exists, so every index on the tape leads to another
//   index on the tape, every string's offset lies in the string buffer, and its length prefix is within that buffer.
// - Tape and string buffer belong to the reader's parser and move or change only in `parse` and `deinit`; a value is
//   valid until then and must not be kept longer. None of the types is Sendable, so no other thread can hold one.
// - The caller's bytes are copied by `parse`, and are not referenced when it returns.

/// Reads JSON documents one after another, reusing its buffers.
///
/// Keep the reader as long as the values it gave: they are places in its buffers, and `JSONReader().parse(text)` gives
/// one whose reader is gone. One reader belongs to one thread. A document is validated whole (grammar, UTF-8, numbers)
/// before any value of it can be seen. Where an object repeats a key the first occurrence counts, everywhere.
public final class JSONReader {
  /// The longest text that is taken, in bytes.
  public let maximumBytes: Int

  /// The deepest nesting of arrays and objects that is taken.
  public let maximumDepth: Int

  private let parser: OpaquePointer?

  /// Makes a reader. Buffers grow with the documents, to about ten times the longest one.
  ///
  /// - Parameters:
  ///   - maximumBytes: the longest text that is taken.
  ///   - maximumDepth: the deepest nesting that is taken; a flat object has depth 1, and an empty array or
  ///     object adds none.
  public init(maximumBytes: Int = 1 << 20, maximumDepth: Int = 32) {
    self.maximumBytes = max(0, maximumBytes)
    self.maximumDepth = max(1, maximumDepth)
    parser = afm_json_parser_create(self.maximumBytes, self.maximumDepth + 1)
  }

  deinit {
    afm_json_parser_destroy(parser)
  }

  /// Reads the values of a selection from one document.
  ///
  /// The document is validated whole and refused for the same reasons as by `parse`.
  ///
  /// - Parameters:
  ///   - selection: what to look for; it has the values until the reader reads again.
  ///   - text: the whole document; copied, so it need not outlive the call.
  /// - Returns: whether the document is an object; otherwise nothing can be found in it.
  /// - Throws: why the text was not taken.
  public func select(
    _ selection: JSONSelection, from text: UnsafeRawBufferPointer
  ) throws(JSONProblem) -> Bool {
    let document = try parse(text)
    selection.find(in: document)
    return document.kind == .object
  }

  /// Parses one document.
  ///
  /// - Parameter text: the whole document; copied, so it need not outlive the call.
  /// - Returns: the document's root, valid until the next parse of this reader or its end.
  /// - Throws: why the text was not taken.
  public func parse(_ text: UnsafeRawBufferPointer) throws(JSONProblem) -> JSONValue {
    guard let parser else { throw JSONProblem(.noMemory, "there is no memory for a JSON reader") }
    let bytes = text.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let status = afm_json_parse(parser, bytes, text.count)
    guard status == AFM_JSON_OK, let tape = afm_json_tape(parser), let strings = afm_json_strings(parser) else {
      throw problem(status, text)
    }
    return JSONValue(tape: tape, strings: strings, index: 1)
  }

  /// Parses one document given as text; for tests and cold paths.
  public func parse(_ text: String) throws(JSONProblem) -> JSONValue {
    var text = text
    let result = text.withUTF8 { bytes in
      Result { () throws(JSONProblem) in try parse(UnsafeRawBufferPointer(bytes)) }
    }
    return try result.get()
  }

  /// The release of simdjson that is linked.
  public static var libraryVersion: String { String(cString: afm_json_library_version()) }

  private func problem(_ status: afm_json_status, _ text: UnsafeRawBufferPointer) -> JSONProblem {
    switch status {
    case AFM_JSON_EMPTY: JSONProblem(.empty, "the text holds no JSON value")
    case AFM_JSON_INVALID_UTF8: JSONProblem(.invalidUTF8, "the text is not valid UTF-8")
    case AFM_JSON_TOO_DEEP: JSONProblem(.tooDeep, "the text nests deeper than \(maximumDepth) levels")
    case AFM_JSON_TOO_LARGE:
      JSONProblem(.tooLarge, "the text has \(text.count) bytes, and at most \(maximumBytes) are taken")
    case AFM_JSON_NO_MEMORY: JSONProblem(.noMemory, "there is no memory for a text of \(text.count) bytes")
    case AFM_JSON_BAD_STRING:
      JSONProblem(.malformed, "a string is not closed, or holds a bad escape or a raw control character")
    default: MalformedText.diagnose(text)
    }
  }
}
