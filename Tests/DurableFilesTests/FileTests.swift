import DurableFiles
import Foundation
import TestSupport
import Testing

@Suite struct FileTests {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test func replacingIsWholeAndLeavesNothingBeside() throws {
    let path = directory.path("file")
    try AtomicFile.replace(at: path, with: "old".utf8)
    try Data("torn".utf8).write(to: URL(fileURLWithPath: path + ".tmp"))
    try AtomicFile.replace(at: path, with: "new".utf8)
    #expect(try OpenFile.contents(of: path, limit: 10) == Array("new".utf8))
    #expect(try DirectoryHandle.names(in: directory.path) == ["file"])
    #expect(throws: FileProblem.self) { try OpenFile.contents(of: path, limit: 2) }
  }

  @Test func aFullDiskIsTyped() throws {
    let problem = #expect(throws: FileProblem.self) { try OpenFile("/dev/full", .update).write([1], at: 0) }
    #expect(problem?.kind == .diskFull)
    #expect(problem?.description.contains("/dev/full: No space left on device") == true)
  }

  @Test func replacingInAMissingDirectoryIsTyped() throws {
    let problem = #expect(throws: FileProblem.self) {
      try AtomicFile.replace(at: directory.path("no/file"), with: [])
    }
    #expect(problem?.kind == .missing)
  }

  @Test func aSecondLockIsRefusedUntilTheFirstIsGone() throws {
    let path = directory.path("lock")
    var first: FileLock? = try FileLock(path)
    let problem = #expect(throws: FileProblem.self) { try FileLock(path) }
    #expect(problem?.kind == .locked)
    #expect(problem?.detail.contains("process \(getpid())") == true)
    withExtendedLifetime(first) {}
    first = nil
    _ = try FileLock(path)
  }

  /// As a child process has one between its start and the program that it runs.
  @Test func aLockThatIsLetGoOfIsFreeThoughACopyOfItsDescriptorIsOpen() throws {
    let path = directory.path("lock")
    var lock: FileLock? = try FileLock(path)
    withExtendedLifetime(lock) {}
    let name = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").first { name in
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name))?.hasSuffix(path) == true
    }
    let copy = dup(try #require(name.flatMap { Int32($0) }))
    defer { close(copy) }
    lock = nil
    _ = try FileLock(path)
  }

  @Test func directoriesAreMadeAndRemovedWithTheirContent() throws {
    let path = directory.path("a/b/c")
    try DirectoryHandle.create(path)
    try AtomicFile.replace(at: path + "/file", with: [1])
    #expect(DirectoryHandle.exists(path))
    try DirectoryHandle.remove(directory.path("a"))
    try DirectoryHandle.remove(directory.path("a"))
    #expect(try DirectoryHandle.names(in: directory.path) == [])
    #expect(DirectoryHandle.parent(of: "/a/b/") == "/a")
    #expect(DirectoryHandle.parent(of: "/a") == "/")
    #expect(DirectoryHandle.parent(of: "a") == ".")
  }

  /// The values that `xxhsum -H2` and `xxhsum -H3` print.
  @Test func checksumsAreTheKnownOnes() throws {
    let path = directory.path("file")
    try AtomicFile.replace(at: path, with: [])
    #expect(try Checksum.xxh3Hex128(ofFile: path) == "99aa06d3014798d86001c324468d497f")
    #expect(Checksum.hex(Checksum.xxh3(UnsafeRawBufferPointer(start: nil, count: 0))) == "2d06800538d394c2")
    let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try AtomicFile.replace(at: path, with: bytes)
    #expect(try Checksum.xxh3Hex128(ofFile: path) == bytes.withUnsafeBytes { Checksum.xxh3Hex128($0) })
  }
  /// Else the daemon of a service's user could not read what an operator did as root.
  @Test func whatRootMakesBelongsToTheOwnerOfTheDirectory() throws {
    // Nobody else can make files of others.
    guard geteuid() == 0 else { return }
    let place = directory.path("place")
    try DirectoryHandle.create(place)
    try #require(chown(place, 12_345, 12_346) == 0)
    let elsewhere = directory.path("elsewhere")
    try AtomicFile.replace(at: elsewhere, with: [1])
    try AtomicFile.replace(at: place + "/file", with: [1])
    try DirectoryHandle.create(place + "/folder/inner")
    try FileManager.default.createSymbolicLink(atPath: place + "/link", withDestinationPath: elsewhere)
    _ = try OpenFile(place + "/link", .update)
    func owner(_ path: String) -> [UInt32] {
      var information = stat()
      return stat(path, &information) == 0 ? [information.st_uid, information.st_gid] : []
    }
    for path in ["/file", "/folder", "/folder/inner"] { #expect(owner(place + path) == [12_345, 12_346]) }
    #expect(owner(elsewhere) == [0, getegid()])
  }
}
