import Foundation
import TestSupport
import Testing

@testable import Compression

@Suite struct DecompressingReaderTests {
  let directory: TemporaryDirectory
  let text = Data((0..<20_000).map { "line \($0) \($0 &* 2_654_435_761)" }.joined(separator: "\n").utf8)

  init() throws {
    directory = try TemporaryDirectory()
  }

  static let tools: [(CompressionFormat, String, String)] = [
    (.gzip, "gzip", "gz"), (.xz, "xz", "xz"), (.zstd, "zstd", "zst"),
  ]

  func compress(_ data: Data, with tool: String, to name: String) throws -> Data {
    let plain = directory.path("plain")
    try data.write(to: URL(fileURLWithPath: plain))
    let run = try ChildProcess.run("/bin/sh", ["-c", "\(tool) -q -c \(plain) > \(directory.path(name))"])
    try #require(run.status == 0, "\(tool) is needed: \(run.errors)")
    return try Data(contentsOf: URL(fileURLWithPath: directory.path(name)))
  }

  func readAll(_ path: String, step: Int = 4096) throws -> Data {
    let reader = try DecompressingReader(path: path)
    return try readRest(of: reader, step: step)
  }

  func readRest(of reader: DecompressingReader, step: Int = 4096) throws -> Data {
    var data = Data()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: step, alignment: 1)
    defer { buffer.deallocate() }
    while true {
      let count = try reader.read(into: buffer)
      if count == 0 { return data }
      data.append(contentsOf: buffer[..<count])
    }
  }

  func write(_ data: Data, to name: String) throws -> String {
    try data.write(to: URL(fileURLWithPath: directory.path(name)))
    return directory.path(name)
  }

  @Test(arguments: tools) func readsWhatWasCompressed(_ format: CompressionFormat, _ tool: String, _ suffix: String)
    throws
  {
    let bytes = try compress(text, with: tool, to: "a.\(suffix)")
    let reader = try DecompressingReader(path: directory.path("a.\(suffix)"))
    #expect(reader.format == format)
    #expect(try readRest(of: reader) == text)
    #expect(reader.offset == Int64(text.count))
    // The content tells the format, whatever the name.
    #expect(try readAll(write(bytes, to: "a.ndjson"), step: 7) == text)
  }

  @Test(arguments: tools) func readsConcatenatedMembers(_ format: CompressionFormat, _ tool: String, _ suffix: String)
    throws
  {
    let bytes = try compress(text, with: tool, to: "a.\(suffix)")
    #expect(try readAll(write(bytes + bytes, to: "b.\(suffix)")) == text + text)
  }

  @Test(arguments: tools) func refusesEveryTruncation(_ format: CompressionFormat, _ tool: String, _ suffix: String)
    throws
  {
    let bytes = try compress(Data("a few words\n".utf8), with: tool, to: "a.\(suffix)")
    for length in 0..<bytes.count {
      let path = try write(bytes.prefix(length), to: "cut.\(suffix)")
      #expect(throws: CompressionProblem.self, "cut to \(length) bytes") { try readAll(path) }
    }
  }

  @Test(arguments: tools) func refusesTrailingGarbage(_ format: CompressionFormat, _ tool: String, _ suffix: String)
    throws
  {
    let bytes = try compress(text, with: tool, to: "a.\(suffix)")
    let path = try write(bytes + Data("this is garbage, and enough of it".utf8), to: "b.\(suffix)")
    #expect(throws: CompressionProblem.trailingGarbage(path: path, format: format, offset: Int64(text.count))) {
      try readAll(path)
    }
  }

  @Test(arguments: tools) func refusesDamage(_ format: CompressionFormat, _ tool: String, _ suffix: String) throws {
    var bytes = try compress(text, with: tool, to: "a.\(suffix)")
    for place in [bytes.count / 3, bytes.count / 2, bytes.count - 6] { bytes[place] ^= 0x55 }
    let path = try write(bytes, to: "b.\(suffix)")
    #expect(throws: CompressionProblem.self) { try readAll(path) }
  }

  @Test(arguments: tools) func skipsToAnOffset(_ format: CompressionFormat, _ tool: String, _ suffix: String) throws {
    _ = try compress(text, with: tool, to: "a.\(suffix)")
    let reader = try DecompressingReader(path: directory.path("a.\(suffix)"))
    #expect(try reader.skip(to: 100_001) == 100_001)
    #expect(try readRest(of: reader) == text.dropFirst(100_001))
    #expect(try reader.skip(to: 10_000_000) == Int64(text.count))
  }

  @Test func aPlainFileMayGrow() throws {
    let path = try write(Data("one\n".utf8), to: "plain.ndjson")
    let reader = try DecompressingReader(path: path)
    #expect(reader.format == .plain)
    #expect(try readRest(of: reader) == Data("one\n".utf8))
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("two\n".utf8))
    #expect(try readRest(of: reader) == Data("two\n".utf8))
    #expect(try reader.skip(to: 100) == 8)
  }

  @Test func aNameThatPromisesCompressionIsHeldToIt() throws {
    let path = try write(Data("plain\n".utf8), to: "a.gz")
    #expect(throws: CompressionProblem.notInFormat(path: path, format: .gzip)) { try DecompressingReader(path: path) }
  }

  @Test func aWindowThatIsTooLargeIsNoDamage() throws {
    // A frame as `zstd --long=31` writes it: magic, no flags, a window of 2^31, one last raw block of one byte.
    let path = try write(Data([0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 0x09, 0x00, 0x00, 0x78]), to: "long.zst")
    let problem = #expect(throws: CompressionProblem.self) { try readAll(path) }
    #expect(problem == .windowTooLarge(path: path, format: .zstd, bytes: 1 << 31))
    #expect(problem?.description.contains("a window of 2048 MiB") == true)
    // 2^27 is kept.
    let other = try write(Data([0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x88, 0x09, 0x00, 0x00, 0x78]), to: "other.zst")
    #expect(try readAll(other) == Data("x".utf8))
  }

  @Test func aMissingFileIsNamed() throws {
    let path = directory.path("none")
    let missing = CompressionProblem.cannotOpen(path: path, code: ENOENT)
    #expect(throws: missing) { try DecompressingReader(path: path) }
    #expect(missing.description == "cannot open \(path): No such file or directory")
  }
}
