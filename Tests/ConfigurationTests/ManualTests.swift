import AttentionalFM
import FeatureEncoding
import Foundation
import Testing
import YAML

@testable import Configuration

/// `Config/afmd.yaml` is the manual: it can be read as it is, holds every key, and says the truth about defaults.
@Suite struct ManualTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let path = root.appendingPathComponent("Config/afmd.yaml").path

  /// What has no default, and nothing else.
  private static let minimal = """
    source: {kafka: {bootstrap: "localhost:9092", topic: flights}}
    schema:
      features:
        - {name: date, path: time, kind: time, part: date}
        - {name: day_of_week, path: time, kind: time, part: day_of_week}
        - {name: hour, path: time, kind: time, part: hour}
        - carrier
        - flight
        - tailnum
        - origin
        - dest
        - {name: distance, kind: numeric, transform: bucket_width, width: 250}
    """

  @Test func theManualSaysEveryDefault() throws {
    var manual = try DaemonSettings.load(path: Self.path, environment: [:])
    var minimal = try DaemonSettings.read(text: Self.minimal)
    manual.effective = []
    minimal.effective = []
    #expect(manual == minimal)
  }

  @Test func theManualHoldsEveryKey() throws {
    let text = try String(contentsOfFile: Self.path, encoding: .utf8)
    let document = try YAMLNode.parse(text)
    let settings = try DaemonSettings.read(text: Self.minimal)
    for setting in settings.effective where !setting.path.contains("[") {
      #expect(document.node(at: setting.path) != nil, "\(setting.path) is not in the manual")
    }
    let fieldKeys = [
      "name", "path", "kind", "scaling", "pairs", "transform", "mean", "scale", "boundaries", "width", "clip", "part",
      "format", "zone", "fields",
    ]
    for key in fieldKeys { #expect(text.contains(key + ":") || text.contains("   \(key)"), "\(key)") }
    #expect(settings.effective.count > 70)
  }

  @Test func theDefaultsAreThoseOfTheRoomsTheyBelongTo() throws {
    let settings = try DaemonSettings.read(text: Self.minimal)
    #expect(settings.model == ModelConfiguration(layout: settings.schema.layout))
    #expect(settings.schema.limits == EncodingLimits())
    #expect(settings.schema.label == LabelDefinition())
    #expect(settings.schema.validate().isEmpty)
    #expect(settings.schema.layout.names.count == 9)
  }

  @Test func theManualTakesItsEnvironment() throws {
    let settings = try DaemonSettings.load(
      path: Self.path,
      environment: [
        "KAFKA_BOOTSTRAP": "broker:1", "STATE_DIRECTORY": "/state", "RUNTIME_DIRECTORY": "/runtime",
      ])
    guard case .kafka(let kafka) = settings.source.place else {
      Issue.record("not Kafka")
      return
    }
    #expect(
      kafka.properties == [
        "bootstrap.servers": "broker:1", "group.id": "afmd-main", "isolation.level": "read_committed",
      ])
    #expect(settings.stateDirectory == "/state")
    #expect(settings.sockets.score.path == "/runtime/score.sock")
    #expect(settings.sockets.control.path == "/runtime/control.sock")
  }

  @Test func theSmallestFileOfTheGuideIsEnough() throws {
    let guide = try String(contentsOf: Self.root.appendingPathComponent("Docs/Configuration.md"), encoding: .utf8)
    let blocks = guide.split(separator: "```yaml\n").dropFirst().compactMap { $0.split(separator: "```").first }
    let smallest = try #require(blocks.first)
    let settings = try DaemonSettings.read(text: String(smallest))
    #expect(settings.schema.layout.names == ["user", "item", "hour"])
  }
}
