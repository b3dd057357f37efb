import DurableFiles
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// A log goes on by itself after whatever the disk refused: nothing that was on the disk is lost, and nothing that was
/// told to have failed is found later.
@Suite struct FailedSyncTests {
  let directory: TemporaryDirectory
  let path: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.path("log")
  }

  private func append(_ records: [String], to log: AppendLog, synced: Bool = true) throws {
    for record in records { try Array(record.utf8).withUnsafeBytes { try log.append($0, synced: synced) } }
  }

  private func read() throws -> [String] {
    var records: [String] = []
    let scan = try AppendLogReader.read(path) { record, _ in records.append(String(decoding: record, as: UTF8.self)) }
    #expect(scan.droppedBytes == 0 && scan.damage == nil)
    return records
  }

  /// Lets every call of a kind under the test's directory fail.
  private func failing(_ wanted: String, _ suffix: String = "", code: Int32 = EIO, _ body: () throws -> Void) rethrows {
    try FileFaults.with(
      { [directory] operation, path in
        operation == wanted && path.hasPrefix(directory.path) && path.hasSuffix(suffix) ? code : nil
      }, body)
  }

  @Test func aFailedSyncLosesNothing() throws {
    let log = try AppendLog(path)
    try append(["one", "two"], to: log)
    let lossy = LossyFile(path, durable: log.length)
    try append(["three"], to: log, synced: false)
    try lossy.failsOnce { try append(["four"], to: log) }
    #expect(lossy.hasFailed)
    try append(["five"], to: log)
    #expect(try read() == ["one", "two", "three", "four", "five"])
    #expect(log.records == 5 && log.isInPlace)
    #expect(try DirectoryHandle.names(in: directory.path) == ["log"])
  }

  @Test(arguments: ["sync", "write", "rename", "open"])
  func whatWasToldToHaveFailedIsNeverThere(_ operation: String) throws {
    let log = try AppendLog(path)
    try append(["one"], to: log)
    let lossy = LossyFile(path, durable: log.length)
    // The first sync fails, and so does every attempt at a new file.
    lossy.failsOnce {
      failing(operation, operation == "rename" ? "" : ".tmp") {
        #expect(throws: FileProblem.self) { try append(["two"], to: log) }
        #expect(throws: FileProblem.self) { try append(["three"], to: log) }
      }
    }
    #expect(try read() == ["one"])
    try append(["four"], to: log)
    #expect(try read() == ["one", "four"])
    #expect(try DirectoryHandle.names(in: directory.path) == ["log"])
  }

  @Test func aNewFileWhoseNameIsNotDurableIsMadeAgain() throws {
    let log = try AppendLog(path)
    try append(["one"], to: log)
    let lossy = LossyFile(path, durable: log.length)
    lossy.failsOnce {
      failing("sync", directory.url.lastPathComponent) {
        #expect(throws: FileProblem.self) { try append(["two"], to: log) }
      }
    }
    #expect(try read() == ["one"])
    try append(["three"], to: log)
    #expect(try read() == ["one", "three"])
  }

  /// Another thread's sync failed, which the system tells once, and the owner syncs before it is told.
  @Test func whatAnotherThreadsSyncLostIsNotTakenForDurable() throws {
    let log = try AppendLog(path)
    try append(["one"], to: log)
    let lossy = LossyFile(path, durable: log.length)
    try append(["two"], to: log, synced: false)
    let asked = try log.fileToSync()
    try lossy.failsOnce {
      #expect(throws: FileProblem.self) { try asked.sync() }
      try append(["three"], to: log, synced: false)
      try log.sync()
    }
    #expect(try read() == ["one", "two", "three"])
    log.syncFailed()
    try append(["four"], to: log)
    #expect(try read() == ["one", "two", "three", "four"])
  }

  @Test func aRecordThatIsSyncedBesideAnotherThreadsSyncIsDurable() throws {
    let log = try AppendLog(path)
    try append(["one"], to: log, synced: false)
    let asked = try log.fileToSync()
    try append(["two"], to: log)
    try asked.sync()
    log.syncSucceeded()
    // A sync that was never come to keeps no one from trusting the next.
    _ = try log.fileToSync()
    log.syncNotTried()
    let syncs = Atomic<Int>(0)
    try FileFaults.with({ [path] operation, at in
      if operation == "sync", at == path { syncs.add(1, ordering: .relaxed) }
      return nil
    }) {
      try append(["three"], to: log)
    }
    #expect(syncs.load(ordering: .relaxed) == 1)
    #expect(try read() == ["one", "two", "three"])
  }

  @Test func aFullDiskCostsTheRecordAlone() throws {
    let log = try AppendLog(path)
    try append(["one"], to: log)
    failing("write", code: ENOSPC) {
      let problem = #expect(throws: FileProblem.self) { try append(["two"], to: log) }
      #expect(problem?.kind == .diskFull)
    }
    try append(["three"], to: log)
    #expect(try read() == ["one", "three"])
  }

  @Test func whatACrashWouldStillTakeIsSyncedOnOpening() throws {
    do {
      let log = try AppendLog(path)
      try append(["one"], to: log, synced: false)
    }
    let syncs = Atomic<Int>(0)
    try FileFaults.with({ [path] operation, at in
      // The first fails: what is there becomes a new file.
      operation == "sync" && at == path && syncs.add(1, ordering: .relaxed).newValue == 1 ? EIO : nil
    }) {
      let log = try AppendLog(path)
      try append(["two"], to: log)
    }
    #expect(syncs.load(ordering: .relaxed) == 2)
    #expect(try read() == ["one", "two"])
  }

  @Test func whatIsKeptInMemoryIsBoundedBySyncs() throws {
    let log = try AppendLog(path)
    let syncs = Atomic<Int>(0)
    let record = String(repeating: "x", count: 1 << 20)
    try FileFaults.with({ [path] operation, at in
      if operation == "sync", at == path { syncs.add(1, ordering: .relaxed) }
      return nil
    }) {
      try append(Array(repeating: record, count: 7), to: log, synced: false)
    }
    #expect(syncs.load(ordering: .relaxed) == 3)
    #expect(try read().count == 7)
  }

  @Test func anotherFileAtThePathIsLeftAlone() throws {
    let log = try AppendLog(path)
    try append(["one"], to: log)
    try DirectoryHandle.rename(path, to: directory.path("moved"))
    try Data("another".utf8).write(to: URL(fileURLWithPath: path))
    #expect(!log.isInPlace)
    _ = try log.fileToSync()
    log.syncFailed()
    let problem = #expect(throws: FileProblem.self) { try append(["two"], to: log) }
    #expect(problem?.kind == .replaced)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("another".utf8))
    try DirectoryHandle.rename(directory.path("moved"), to: path)
    try append(["three"], to: log)
    #expect(try read() == ["one", "three"])
  }
}
