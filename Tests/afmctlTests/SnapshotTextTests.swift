import Foundation
import ScoringAPI
import TestSupport
import Testing

@testable import afmctl

struct SnapshotTextTests {
  @Test func snapshotsAreATable() {
    let list = SnapshotList(snapshots: [
      SnapshotSummary(
        id: 9, parent: nil, created: "2025-10-09T08:53:20Z", reason: "interval", eventsLearned: 5000, bytes: 1_234_567,
        pinned: true, current: false, abandoned: true, loss: 0.5),
      SnapshotSummary(
        id: 10, parent: 9, created: "2025-10-09T08:54:20Z", reason: "request", eventsLearned: 10_000, base: 9,
        bytes: 1_300_000, bytesWritten: 900, rows: 1234, files: 2, pinned: false, current: false, abandoned: false,
        loss: nil),
      SnapshotSummary(
        id: 11, parent: 9, created: "2025-10-09T08:54:30Z", reason: "rollback", eventsLearned: 5000, bytes: 1_234_567,
        bytesWritten: 0, files: 1, pinned: false, current: true, abandoned: false, loss: 0.5),
    ])
    #expect(
      SnapshotText.list(list, now: Date(timeIntervalSince1970: 1_760_000_100)) == """
        id  parent           taken  reason    events     loss  kind          rows  written    size  state
         9       -  1 min 40 s ago  interval   5,000  0.50000  full             -        -  1.2 MB  pinned, abandoned
        10       9        40 s ago  request   10,000        -  incremental  1,234    900 B  1.3 MB
        11       9        30 s ago  rollback   5,000  0.50000  reference        -      0 B  1.2 MB  current

        """)
    #expect(SnapshotText.list(SnapshotList(snapshots: []), now: Date()) == "no snapshots yet\n")
  }

  @Test func aStateDirectoryIsFoundFromWhereverItIsNamed() throws {
    let folder = try TemporaryDirectory()
    let state = folder.path("main")
    try FileManager.default.createDirectory(atPath: state + "/snapshots", withIntermediateDirectories: true)
    for path in [state, folder.path, state + "/snapshots"] { #expect(try StateDirectory(path).path == state) }
    #expect { _ = try StateDirectory(folder.path("nowhere")) } throws: { ($0 as? Failure)?.code == .badData }
  }

  @Test func anEmptyDirectoryHasNothingToVerify() throws {
    let folder = try TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: folder.path("snapshots"), withIntermediateDirectories: true)
    #expect(SnapshotsVerifyCommand.text(of: .init(snapshots: [])) == "no snapshots\n")
    #expect(Afmctl.run(["snapshots", "verify", "--directory", folder.path]) == .done)
    #expect(Afmctl.run(["snapshots", "verify", "7", "--directory", folder.path]) == .badData)
  }
}
