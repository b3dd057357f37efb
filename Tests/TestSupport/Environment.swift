import Foundation

/// What the tests take from their environment; the Makefile sets it.
public enum Environment {
  /// Whether a test that cannot run is a failure (`AFM_REQUIRE_ALL=1`, as CI sets it).
  public static let requiresAll = ProcessInfo.processInfo.environment["AFM_REQUIRE_ALL"] == "1"

  /// The folder with the shared data, broker and hostile requests (`AFM_SHARED`), where there is one.
  public static let shared: URL? = directory(named: "AFM_SHARED")

  /// The folder with the release builds of the programs under test (`AFM_PROGRAMS`), where end-to-end tests are run.
  public static let programs: URL? = directory(named: "AFM_PROGRAMS")

  /// Whether a test that needs `thing` should run: true where it is there, and also where everything is required, so
  /// that the test then fails by itself instead of being skipped.
  public static func offers(_ thing: URL?) -> Bool {
    thing != nil || requiresAll
  }

  /// The value of a variable, where it is set and not empty.
  public static func value(of name: String) -> String? {
    guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { return nil }
    return value
  }

  private static func directory(named name: String) -> URL? {
    guard let path = value(of: name) else { return nil }
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
      return nil
    }
    return URL(fileURLWithPath: path, isDirectory: true)
  }
}
