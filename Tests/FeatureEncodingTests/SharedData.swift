import Foundation
import Testing

/// Files of the shared data. (Foundation's `Process` leaks a few bytes, which a leak check would report here.)
enum SharedData {
  /// The lines of an .xz file, without their LF.
  static func lines(of file: URL) throws -> [[UInt8]] {
    let stream = try #require(popen("xz -dc '\(file.path)'", "r"))
    var content: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = fread(&block, 1, block.count, stream)
      guard count > 0 else { break }
      content += block[..<count]
    }
    #expect(pclose(stream) == 0)
    return content.split(separator: UInt8(ascii: "\n")).map { Array($0) }
  }
}
