import Foundation
import TestSupport
import Testing

@testable import Compression

/// What comes through a pipe comes once: it is read whole, or not at all.
@Suite struct PipeReadingTests {
  let directory: TemporaryDirectory
  let text = Data((0..<20_000).map { "line \($0) \($0 &* 2_654_435_761)\n" }.joined().utf8)

  init() throws {
    directory = try TemporaryDirectory()
    try text.write(to: URL(fileURLWithPath: directory.path("plain")))
    try #require(mkfifo(directory.path("pipe"), 0o600) == 0)
  }

  @Test(arguments: ["cat", "gzip -c", "xz -c", "zstd -q -c"]) func aPipeIsReadWhole(_ tool: String) throws {
    let writer = try ChildProcess(
      path: "/bin/sh", arguments: ["-c", "\(tool) '\(directory.path("plain"))' > '\(directory.path("pipe"))'"],
      output: "/dev/null", errors: "/dev/null")
    let reader = try DecompressingReader(path: directory.path("pipe"))
    #expect(!reader.isRegular)
    var data = Data()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 5, alignment: 1)
    defer { buffer.deallocate() }
    // What was read to tell the format is skipped like the rest.
    #expect(try reader.skip(to: 3) == 3)
    while case let count = try reader.read(into: buffer), count > 0 { data.append(contentsOf: buffer[..<count]) }
    #expect(data == text.dropFirst(3))
    #expect(writer.wait() == 0)
  }

  @Test func aPipeIsNotWaitedForWhereOnlyAFileWillDo() throws {
    let path = directory.path("pipe")
    #expect(throws: CompressionProblem.notAFile(path: path, sort: "a pipe")) {
      try DecompressingReader(path: path, takesStreams: false)
    }
    #expect(throws: CompressionProblem.notAFile(path: "/dev/zero", sort: "a device")) {
      try DecompressingReader(path: "/dev/zero", takesStreams: false)
    }
  }

  @Test(arguments: [false, true]) func aDirectoryIsNamedAsOne(takesStreams: Bool) throws {
    #expect(throws: CompressionProblem.notAFile(path: directory.path, sort: "a directory")) {
      try DecompressingReader(path: directory.path, takesStreams: takesStreams)
    }
  }
}
