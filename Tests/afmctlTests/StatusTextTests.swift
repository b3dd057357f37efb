import Foundation
import ScoringAPI
import Testing

@testable import afmctl

struct StatusTextTests {
  private let report = StatusReport(
    model: "main", version: "0.1.0", process: 77, uptimeSeconds: 7440, kernel: "x86-64-v3", arithmetic: "fused",
    learning: LearningStatus(state: .running), eventsLearned: 327_346, lineage: 42, eventTime: 1_700_000_000_000,
    stalenessSeconds: 3.14,
    progressive: ProgressiveReport(
      lossName: "log_loss",
      wholeRun: ProgressiveFigures(
        events: 327_346, loss: 0.433051, normalizedEntropy: 0.8123, areaUnderCurve: 0.77, calibration: 1.01,
        attentionEntropy: 0.93, unknownShare: 0.012),
      window: nil, windowSize: 10_000),
    source: SourceReport(
      kind: "kafka", identity: "abc/flights", lag: 12, lagSeconds: 4.2, problem: nil,
      partitions: [
        PartitionReport(partition: 0, nextOffset: 327_350, recordsLearned: 327_346, lag: 12, lagSeconds: 4.2)
      ]),
    records: RecordCounts(
      read: 327_350, learned: 327_346, rejected: 4, rejectedByReason: ["no_label": 1, "bad_json": 3],
      quarantineBytes: 2048),
    table: TableReport(slots: 1_048_576, claimed: 12_345, evicted: 0, dropped: 0),
    queue: QueueReport(batches: 1, capacity: 8),
    snapshots: SnapshotReport(newest: 42, created: "2025-10-09T08:53:20Z", running: true, problem: nil),
    residentBytes: 312_400_000)

  private let now = Date(timeIntervalSince1970: 1_760_000_100)

  @Test func everythingAnOperatorAsksForIsThere() {
    #expect(
      StatusText.text(of: report, now: now) == """
        Learning      running
        Events        327,346 learned
        Newest event  3.1 s old
        Source        kafka abc/flights, 12 behind (4.2 s)
        Records       327,350 read, 4 rejected, 2.0 kB in quarantine
        Table         12,345 of 1,048,576 slots (1.2 %), 0 evicted, 0 dropped
        Queue         1 of 8 batches
        Snapshot      42, taken 1 min 40 s ago, another is being written
        Model         main, descends from snapshot 42
        Daemon        afmd 0.1.0, process 77, up 2 h 4 min, 312.4 MB resident
        Kernel        x86-64-v3, fused arithmetic

        Progressive   events  log_loss  norm. entropy     AUC  calibration  att. entropy  unknown
        whole run    327,346   0.43305         0.8123  0.7700       1.0100        0.9300    1.2 %

        Partition  next offset  records  behind    for
                0       327350  327,346      12  4.2 s

        Rejected for  records
        bad_json            3
        no_label            1

        """)
  }

  @Test func anUnknownLagIsSaid() {
    var report = report
    report.source.lag = nil
    report.source.partitions[0].lag = nil
    report.source.partitions[0].lagSeconds = nil
    let text = StatusText.text(of: report, now: now)
    #expect(text.contains("kafka abc/flights, how far behind is not known\n"))
    #expect(text.contains("327,346       -    -\n"))
    report.source.lag = 0
    report.source.lagSeconds = 0
    #expect(StatusText.text(of: report, now: now).contains("kafka abc/flights, 0 behind\n"))
  }

  @Test func whatCalibrationLearnedShowsWhereItIsConfigured() {
    var report = report
    report.calibration = CalibrationReport(kind: "platt", events: 1000, scale: 0.91234, shift: -0.05)
    #expect(
      StatusText.text(of: report, now: now).contains(
        "Calibration   platt, raw score x 0.9123 -0.0500, learned from 1,000 events\n"))
    report.calibration = CalibrationReport(kind: "isotonic", events: 1, scale: nil, shift: nil)
    #expect(StatusText.text(of: report, now: now).contains("Calibration   isotonic, learned from 1 event\n"))
  }

  @Test func whatWaitsWhatWasServedAndSlicesShowWhereThereAreAny() {
    var report = report
    report.waiting = WaitingEventsReport(
      events: 1_234, capacity: 1_000_000, learnedEarly: 5, undated: 6, streamTime: nil, nextLabelTime: nil)
    report.progressive.wholeRun.served = ServedFigures(events: 300, loss: 0.5, modelLoss: 0.4)
    func figures(_ events: UInt64) -> ProgressiveFigures {
      ProgressiveFigures(
        events: events, loss: 0.25, normalizedEntropy: nil, areaUnderCurve: nil, calibration: 1, attentionEntropy: nil,
        unknownShare: nil)
    }
    report.progressive.slices = [
      SliceReport(
        field: "carrier",
        values: (1...22).map { SliceValueReport(value: "v\($0)", figures: figures(UInt64($0))) },
        others: figures(7), missing: nil)
    ]
    let text = StatusText.text(of: report, now: now)
    #expect(
      text.contains(
        "\nEvents        327,346 learned, 1,234 wait for their labels, 5 learned early for want of room, "
          + "6 undated learned at once\n"))
    #expect(text.contains("\nserved, run         300   0.50000\nsame, by model      300   0.40000\n"))
    #expect(text.contains("\ncarrier     events  log_loss  norm. entropy  calibration\nv22             22   0.25000"))
    #expect(text.contains("\nv3               3   0.25000") && !text.contains("\nv2 "))
    #expect(text.contains("\nand 2 more\n(others)         7   0.25000"))
  }

  @Test func sampledNegativesAndRankedPositivesShowWhereThereAreAny() {
    var report = report
    report.sampling = SampledNegativesReport(negatives: 654_690, missed: 2, values: 3_620, capacity: 10_000, users: 9)
    report.progressive.wholeRun.ranking = RankingFigures(events: 6_547, hitRate: 0.61234, ndcg: 0.4)
    var text = StatusText.text(of: report, now: now)
    #expect(
      text.contains(
        "\nNegatives     654,690 sampled from 3,620 values, 2 missed; scores are relative\n"
          + "Ranking       hit rate 0.6123, NDCG 0.4000 at 10 of 6,547 positives, whole run\n"
          + "Newest event  3.1 s old\n"))
    report.progressive.window = report.progressive.wholeRun
    text = StatusText.text(of: report, now: now)
    #expect(
      text.contains("whole run\n              hit rate 0.6123, NDCG 0.4000 at 10 of 6,547 positives, last window\n"))
  }

  @Test func whatStoppedLearningSaysHowToGoOn() {
    let status = LearningStatus(state: .stopped, reason: "the position is gone", positions: [.earliest, .latest])
    for (kind, places) in [
      ("kafka", "earliest, latest, a time, or offsets"), ("stdin", "earliest, latest"),
      ("file", "earliest, latest, or the byte at which a line begins"),
      (nil, "earliest, latest, a time (Kafka alone), or offsets"),
    ] {
      #expect(
        StatusText.learning(status, from: kind)
          == "stopped: the position is gone (resume with --position \(places))")
    }
  }

  @Test func everythingThatIsWrongShows() {
    var report = report
    report.problems = [
      StandingProblemReport(code: "source", message: "no broker answers"),
      StandingProblemReport(code: "snapshot_failed", message: "disk full"),
    ]
    report.snapshots = SnapshotReport(
      newest: 7, created: "2025-10-09T08:53:20Z", bytes: 1_234_567, files: 3, running: false, problem: nil)
    #expect(
      StatusText.text(of: report, now: Date(timeIntervalSince1970: 1_760_000_100))
        .contains("\nSnapshot      7, taken 1 min 40 s ago, 1.2 MB in 3 files\n"))
    report.snapshots = SnapshotReport(newest: nil, created: nil, running: false, problem: "disk full")
    let text = StatusText.text(of: report, now: now)
    #expect(text.contains("\nProblems      no broker answers\n              disk full\n"))
    #expect(text.contains("\nSnapshot      none yet\n"))
  }
}
