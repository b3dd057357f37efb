import Foundation

/// Looks again and again until `condition` gives something; gives up after a time no healthy run ever needs.
///
/// The limit only turns a hang into a failure; no test's outcome depends on how fast the machine is.
func eventually<Result>(
  _ what: String, within seconds: Double = 240, every milliseconds: UInt32 = 20, _ condition: () throws -> Result?
) throws -> Result {
  let deadline = Date().addingTimeInterval(seconds)
  while true {
    if let result = try condition() { return result }
    guard Date() < deadline else { throw Program.Failure(description: "never came about: \(what)") }
    usleep(milliseconds * 1000)
  }
}
