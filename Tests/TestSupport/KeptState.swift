import Foundation

/// A state directory that an older version wrote, unpacked into a temporary folder: `Tests/Fixtures/README.md` says
/// what is in it and how it was made.
public struct KeptState: Sendable {
  /// A fixture that cannot be unpacked or read.
  public struct Failure: Error, CustomStringConvertible {
    /// What went wrong.
    public var description: String
  }

  /// The names of all there are.
  public static let names = ["partitions", "followed", "sampling"]

  /// Its name.
  public let name: String

  /// The settings it was made with; paths and brokers come from the environment.
  public var settings: String { folder.path("\(name)/afmd.yaml") }

  /// The state directory, which a test may change.
  public var state: String { folder.path("\(name)/state") }

  private let folder: TemporaryDirectory

  /// Unpacks a fixture.
  public init(_ name: String) throws {
    self.name = name
    folder = try TemporaryDirectory()
    let archive = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(name).tar.xz").path
    let (status, _, errors) = try ChildProcess.run("/bin/tar", ["-xJf", archive, "-C", folder.path])
    guard status == 0 else { throw Failure(description: "\(archive): \(errors)") }
  }

  /// The export that the current snapshot gives as it is.
  public func loadedExport() throws -> Data {
    try contents("loaded.safetensors")
  }

  /// The export of the model once the further records are learned, too.
  public func learnedExport() throws -> Data {
    try contents("learned.safetensors")
  }

  /// Everything else that it leads to, as JSON.
  public func expected() throws -> Data {
    try contents("expected.json")
  }

  /// The files with the records of each partition, in the order of partitions: those that were delivered before the
  /// daemon was killed, and those that are to follow.
  public func records() throws -> (before: [String], further: [String]) {
    (try files("records"), try files("further"))
  }

  private func contents(_ file: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: folder.path("\(name)/\(file)")))
  }

  private func files(_ place: String) throws -> [String] {
    let path = folder.path("\(name)/\(place)")
    return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map { "\(path)/\($0)" }
  }
}
