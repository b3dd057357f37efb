// Unsafe: libyaml's parser and event are C structures. The input outlives the parser (both live inside `parse`), every
// event is deleted before the next is asked for, and texts are copied out of an event before it is deleted.
import CLibYAML

extension YAMLNode {
  /// The longest text that is read, in bytes.
  public static let maximumBytes = 1 << 20
  /// The deepest nesting of lists and mappings.
  public static let maximumDepth = 32

  /// Reads one YAML document strictly.
  ///
  /// Anchors, aliases, tags, merge keys, keys that are not texts or come twice, a second document, nesting deeper than
  /// `maximumDepth` and texts over `maximumBytes` are refused, so nothing can grow beyond what was written.
  ///
  /// - Returns: the document's value; an empty document is null.
  /// - Throws: the first thing that is wrong, with its place.
  public static func parse(_ text: String) throws(YAMLProblem) -> YAMLNode {
    try parse(bytes: Array(text.utf8))
  }

  /// Reads one YAML document in UTF-8 strictly.
  public static func parse(bytes: [UInt8]) throws(YAMLProblem) -> YAMLNode {
    guard bytes.count <= maximumBytes else {
      throw YAMLProblem(
        "the text has \(bytes.count) bytes; at most \(maximumBytes) are read", at: YAMLMark(line: 1, column: 1))
    }
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) == 1 else {
      throw YAMLProblem("no memory for the parser", at: YAMLMark(line: 1, column: 1))
    }
    defer { yaml_parser_delete(&parser) }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
    let result: Result<YAMLNode, YAMLProblem> = bytes.withUnsafeBufferPointer { buffer in
      yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
      do throws(YAMLProblem) {
        return .success(try readDocument(&parser, bytes))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private static func readDocument(_ parser: inout yaml_parser_t, _ bytes: [UInt8]) throws(YAMLProblem) -> YAMLNode {
    var builder = YAMLBuilder()
    while true {
      var event = yaml_event_t()
      guard yaml_parser_parse(&parser, &event) == 1 else { throw problem(of: parser, bytes) }
      defer { yaml_event_delete(&event) }
      if event.type == YAML_STREAM_END_EVENT { break }
      try builder.take(event)
    }
    return builder.root ?? YAMLNode(content: .scalar("", isPlain: true), mark: YAMLMark(line: 1, column: 1))
  }

  private static func problem(of parser: yaml_parser_t, _ bytes: [UInt8]) -> YAMLProblem {
    let text = parser.problem.map { String(cString: $0) } ?? "it cannot be read"
    guard parser.error != YAML_READER_ERROR else {
      let before = bytes.prefix(parser.problem_offset)
      let line = before.count { $0 == UInt8(ascii: "\n") } + 1
      let column = before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 1
      return YAMLProblem("\(text); the text must be UTF-8", at: YAMLMark(line: line, column: column))
    }
    let context = parser.context.map { " (" + String(cString: $0) + ")" } ?? ""
    return YAMLProblem("not YAML: \(text)\(context)", at: YAMLMark(parser.problem_mark))
  }
}

extension YAMLMark {
  init(_ mark: yaml_mark_t) {
    self.init(line: Int(clamping: mark.line) &+ 1, column: Int(clamping: mark.column) &+ 1)
  }
}
