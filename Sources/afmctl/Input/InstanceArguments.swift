import CommandTable
import JSONReading

/// How commands are given instances: as an operand, in a file, or on standard input.
enum InstanceArguments {
  /// The operand and the option that all of them have.
  static let positional = Positional(
    "INSTANCE", optional: true,
    help: "the features of one event, a JSON object; else they are read from FILE or standard input")

  static let option = CommandOption(
    "file", letter: "f", kind: .path, valueName: "FILE",
    help: "read from here, plain, .gz, .xz or .zst; - is standard input")

  /// The one instance of commands that take one.
  static func single(_ session: Session) throws(Failure) -> [UInt8] {
    if let given = try operand(session) { return given }
    let input = try InputBytes.open(session.arguments.value("file"))
    let reader = InstanceReader(input)
    guard let instance = try reader.next() else { throw Failure(.badData, "\(input.name): there is no instance") }
    return instance.json
  }

  /// The instance given as an operand, if there is one.
  static func operand(_ session: Session) throws(Failure) -> [UInt8]? {
    guard let text = session.arguments.positional("INSTANCE") else { return nil }
    guard session.arguments.value("file") == nil else {
      throw Failure(.usage, "an instance is given as INSTANCE or in --file, not both")
    }
    let json = Array(text.utf8)
    try InstanceReader.check(json, JSONReader(maximumBytes: 64 << 20, maximumDepth: 64), "INSTANCE")
    return json
  }

  /// The body of a request about one instance.
  static func request(_ instance: [UInt8]) -> [UInt8] {
    Array("{\"instance\":".utf8) + instance + [UInt8(ascii: "}")]
  }
}
