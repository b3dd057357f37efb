import Foundation
import TestSupport
import Testing

@testable import afmctl

struct InstanceReaderTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func instances(of text: String) throws -> [String] {
    let path = folder.path("input")
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let reader = InstanceReader(try InputBytes.open(path))
    var instances: [String] = []
    while let instance = try reader.next() { instances.append(String(decoding: instance.json, as: UTF8.self)) }
    return instances
  }

  @Test func everyLineIsOneInstance() throws {
    #expect(try instances(of: "{\"a\":1}\n\n{\"a\":2}\n") == ["{\"a\":1}", "{\"a\":2}"])
  }

  @Test func oneObjectMayStandOnSeveralLines() throws {
    #expect(try instances(of: "{\n \"a\":\n 1}\n") == ["{  \"a\":  1}"])
  }

  @Test(arguments: ["[1]", "{\"a\":1}],\"b\":[{}", "{\"a\":}", "7", "{} {}", "{\n\"a\":"])
  func whatIsNoObjectIsRefusedWithItsLine(text: String) {
    #expect {
      try instances(of: text)
    } throws: {
      ($0 as? Failure)?.code == .badData && ($0 as? Failure)?.message.contains("line 1") == true
    }
  }

  @Test func aLaterBadLineIsNamed() {
    #expect {
      try instances(of: "{}\n{\"a\":\n")
    } throws: {
      ($0 as? Failure)?.message.contains("line 2") == true
    }
  }
}
