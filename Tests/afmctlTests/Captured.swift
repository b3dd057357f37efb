import Foundation
import TestSupport

@testable import afmctl

/// Runs a command line in this process and keeps what it printed.
struct Captured {
  let code: ExitCode
  let output: String

  init(_ words: [String]) throws {
    let folder = try TemporaryDirectory()
    let url = URL(fileURLWithPath: folder.path("output"))
    _ = FileManager.default.createFile(atPath: url.path, contents: nil)
    let file = try FileHandle(forWritingTo: url)
    code = Afmctl.run(words, StandardOutput(descriptor: file.fileDescriptor))
    try file.close()
    output = String(decoding: try FileHandle(forReadingFrom: url).readToEnd() ?? Data(), as: UTF8.self)
  }
}
