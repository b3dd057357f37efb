import Foundation
import Glibc

/// A file to which a writer of its own thread appends lines, and which is rotated under it.
final class GrowingFile: @unchecked Sendable {
  let path: String
  private let ledger: Ledger
  // Guarded by `lock`, as is every write, so that nothing is written while the test has it.
  private let lock = NSLock()
  private var descriptor: Int32
  private var written: Int64 = 0
  private var flows = false
  private var ended = false
  private var rotations = 0

  /// Makes the file; nothing is written before `flow`.
  init(_ path: String, ledger: Ledger, perSecond: Int) throws {
    self.path = path
    self.ledger = ledger
    descriptor = try Self.make(path)
    let thread = Thread { [self] in
      var number = 0
      while !lock.withLock({ ended }) {
        number += 1
        lock.withLock { if flows { for _ in 0..<max(1, perSecond / 100) { append(isTorn: number % 50 == 0) } } }
        usleep(10_000)
      }
    }
    thread.start()
  }

  deinit {
    close(descriptor)
  }

  /// How long the file is that is written to now.
  var length: Int64 { lock.withLock { written } }

  func flow() { lock.withLock { flows = true } }
  func rest() { lock.withLock { flows = false } }
  func end() { lock.withLock { ended = true } }

  /// Gives the file another name, as logrotate does: `.1`, and those before it one more. The writer goes on in it.
  func rename() throws {
    rotations += 1
    for number in stride(from: rotations, through: 1, by: -1) {
      let from = number == 1 ? path : "\(path).\(number - 1)"
      if FileManager.default.fileExists(atPath: from), Glibc.rename(from, "\(path).\(number)") != 0 {
        throw Program.Failure(description: "\(from) cannot be renamed")
      }
    }
  }

  /// Makes a file of the name; the writer still goes on in the old one.
  func makeSuccessor() throws { close(try Self.make(path)) }

  /// The writer goes on in the file of the name, which gets a line at once.
  func reopen() throws {
    try lock.withLock {
      close(descriptor)
      descriptor = try Self.make(path)
      written = 0
      append(isTorn: false)
    }
  }

  private func append(isTorn: Bool) {
    let payload = ledger.payload()
    let bytes = Array((payload + "\n").utf8)
    let half = isTorn ? bytes.count / 2 : bytes.count
    _ = write(descriptor, Array(bytes[..<half]), half)
    if isTorn {
      usleep(2000)
      _ = write(descriptor, Array(bytes[half...]), bytes.count - half)
    }
    ledger.add(payload, partition: 0, offset: written)
    written += Int64(bytes.count)
  }

  private static func make(_ path: String) throws -> Int32 {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Program.Failure(description: "\(path) cannot be made") }
    return descriptor
  }
}
