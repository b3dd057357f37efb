import AttentionalFM
import FeatureEncoding
import Foundation
import TestSupport
import Testing

@testable import Configuration

@Suite struct ReadingTests {
  /// The least there must be, with more below.
  private func read(_ more: String, source: String = "kind: stdin", features: String = "[a, b]") throws
    -> DaemonSettings
  {
    try DaemonSettings.read(
      text: "source: {\(source)}\nschema: {features: \(features)}\n" + more, environment: ["HOME": "/h"])
  }

  private func problems(_ text: String) -> [String] {
    do {
      _ = try DaemonSettings.read(text: text, environment: [:])
      return []
    } catch {
      return error.description.split(separator: "\n").map(String.init)
    }
  }

  @Test func readsEveryKindOfField() throws {
    let settings = try DaemonSettings.read(
      text: """
        source: {kind: stdin}
        schema:
          features:
            - plain
            - {name: path, path: a.b}
            - {name: tags, kind: list, scaling: mean, pairs: false}
            - {name: number, kind: numeric}
            - {name: log, kind: numeric, transform: log1p, clip: null}
            - {name: standard, kind: numeric, transform: standardize, mean: -1.5, scale: 2, clip: 3}
            - {name: bucket, kind: numeric, transform: buckets, boundaries: [1, 2.5, 10]}
            - {name: width, kind: numeric, transform: bucket_width, width: 0.5}
            - {name: hour, path: t, kind: time, part: hour, format: seconds, zone: +01:00}
          crosses:
            - [plain, path]
            - {name: both, fields: [plain, hour]}
          importance: weight
          served_score: served
          time: {path: t, format: milliseconds}
          label: {path: y.z, mapping: number, time: {path: known, format: seconds}}
          seed: 7
          limits: {record_size: 2kB, depth: 5, features: 10, pairs: 45, magnitude: 100}
        """)
    #expect(
      settings.schema
        == Schema(
          label: LabelDefinition(
            path: "y.z", mapping: .number, time: TimeDefinition(path: "known", format: .seconds)),
          importance: "weight",
          time: TimeDefinition(path: "t", format: .milliseconds), servedScore: "served",
          features: [
            FieldDefinition(name: "plain"),
            FieldDefinition(name: "path", path: "a.b"),
            FieldDefinition(name: "tags", kind: .list(scaling: .mean, pairs: false)),
            FieldDefinition(name: "number", kind: .numeric(transform: .identity, clip: 5)),
            FieldDefinition(name: "log", kind: .numeric(transform: .log1p, clip: nil)),
            FieldDefinition(name: "standard", kind: .numeric(transform: .standardize(mean: -1.5, scale: 2), clip: 3)),
            FieldDefinition(
              name: "bucket", kind: .numeric(transform: .buckets(boundaries: [1, 2.5, 10]), clip: nil)),
            FieldDefinition(name: "width", kind: .numeric(transform: .bucketWidth(0.5), clip: nil)),
            FieldDefinition(
              name: "hour", path: "t", kind: .time(part: .hour, format: .seconds, zone: TimeZoneName("+01:00"))),
          ],
          crosses: [
            CrossDefinition(fields: ["plain", "path"]), CrossDefinition(name: "both", fields: ["plain", "hour"]),
          ],
          seed: 7,
          limits: EncodingLimits(
            maximumRecordBytes: 2000, maximumDepth: 5, maximumFeatures: 10, maximumPairs: 45, maximumMagnitude: 100)))
    #expect(settings.model.layout == settings.schema.layout)
    #expect(settings.model.maximumFeatures == 10)
    #expect(settings.model.maximumPairs == 45)
  }

  @Test func readsHowLongLabelsAreWaitedForAndWhatIsSliced() throws {
    let settings = try DaemonSettings.read(
      text: """
        source: {kind: stdin}
        schema: {time: {path: t}, features: [a, {name: b, path: t, kind: time, part: hour}], crosses: [[a, b]]}
        learning: {label_delay: 90m, waiting_events: 12}
        progressive_validation: {window: 100, slices: [b, a*b], slice_values: 7}
        """)
    #expect(settings.lateLabels == LateLabelSettings(delay: .seconds(5400), waitingEvents: 12))
    #expect(
      settings.progressiveValidation
        == ProgressiveValidationSettings(
          windowSize: 100, slices: ["b", "a*b"], sliceValues: 7, rankingCandidates: 99, rankingEvery: 50))
    #expect(settings.negativeSampling == nil && settings.schema.label.assumed == nil)
    #expect(settings.schema.keptFraction == nil)
  }

  @Test func readsHowNegativesAreDrawnAndThinned() throws {
    let settings = try read(
      """
      learning:
        loss: ranking
        negative_sampling:
          {field: item, with: [price], negatives: 3, reservoir: 500, power: 0.75, user: user, users: 9, recent: 4}
      progressive_validation: {ranking_candidates: 50, ranking_every: 2}
      """, features: "[user, item, {name: price, kind: numeric}]")
    #expect(
      settings.negativeSampling
        == ImplicitFeedbackSettings(
          field: "item", with: ["price"], negatives: 3, reservoir: 500, power: 0.75, user: "user", users: 9, recent: 4))
    #expect(settings.model.loss == .ranking)
    #expect(settings.schema.label == LabelDefinition(assumed: 1))
    #expect(settings.progressiveValidation.rankingCandidates == 50 && settings.progressiveValidation.rankingEvery == 2)
    let thinned = try DaemonSettings.read(
      text: "source: {kind: stdin}\nschema: {features: [a], kept_fraction: {path: kept, otherwise: 0.1}}")
    #expect(thinned.schema.keptFraction == KeptFraction(path: "kept", otherwise: 0.1))
  }

  @Test func readsHowScoresAreCalibrated() throws {
    func calibration(_ text: String) throws -> CalibrationSettings? {
      try DaemonSettings.read(
        text: "source: {kind: stdin}\nschema: {features: [a]}\nlearning: {calibration: {\(text)}}"
      ).model.calibration
    }
    #expect(try calibration("kind: none") == nil && calibration("rate: 0.1") == nil)
    #expect(try calibration("kind: platt") == CalibrationSettings(kind: .platt))
    #expect(
      try calibration("kind: platt, rate: 0.1, initial_accumulator: 0.5")
        == CalibrationSettings(kind: .platt, rate: 0.1, initialAccumulator: 0.5))
    #expect(
      try calibration("kind: isotonic, refresh_events: 10, half_life_events: 500")
        == CalibrationSettings(kind: .isotonic, refreshEvents: 10, halfLifeEvents: 500))
  }

  @Test func readsHowItForgets() throws {
    func forgetting(_ text: String) throws -> ForgettingSettings? {
      try DaemonSettings.read(
        text: "source: {kind: stdin}\nschema: {features: [a], time: {path: t}}\nlearning: {forgetting: {\(text)}}"
      ).model.forgetting
    }
    #expect(try forgetting("half_life: null") == nil && forgetting("applies_to: dense") == nil)
    #expect(
      try forgetting("half_life: 30d") == ForgettingSettings(halfLifeMilliseconds: 30 * 86_400_000, scope: .all))
    #expect(
      try forgetting("half_life: 90m, applies_to: dense")
        == ForgettingSettings(halfLifeMilliseconds: 5_400_000, scope: .dense))
    #expect(
      try forgetting("half_life: 1h, weights: true")
        == ForgettingSettings(halfLifeMilliseconds: 3_600_000, scope: .all, weights: true))
  }

  @Test func readsTheModel() throws {
    let settings = try read(
      """
      learning:
        kind: fm
        loss: squared
        embedding_size: 8
        attention_size: 4
        attention_scale: paper
        field_pair_prior: false
        field_pair_weights: true
        output_weights: ones
        seed: 9
        embedding_scale: 0.2
        attention_initial_scale: 0.3
        rates:
          {bias: 0.1, linear: 0.2, embedding: 0.3, attention: 0.4, output: 0.5, field_pairs: 0.6,
           field_pair_weights: 0.7}
        step: implicit
        initial_accumulator: 1
        epsilon: 0
        regularization: {projection: 1e-3, linear: 1e-4, embedding: 1e-5}
        dropout: 0.25
        table: {slots: 4096}
      """)
    #expect(
      settings.model
        == ModelConfiguration(
          layout: settings.schema.layout, kind: .fm, embeddingSize: 8, attentionSize: 4, attentionScale: .paper,
          loss: .squared, fieldPairPrior: false, fieldPairWeights: true, outputWeights: .ones, seed: 9,
          embeddingScale: 0.2, attentionInitialScale: 0.3,
          rates: LearningRates(
            bias: 0.1, linear: 0.2, embedding: 0.3, attention: 0.4, output: 0.5, fieldPairs: 0.6, fieldPairWeights: 0.7),
          step: .implicit, initialAccumulator: 1, epsilon: 0,
          regularization: Regularization(projection: 1e-3, linear: 1e-4, embedding: 1e-5), dropout: 0.25,
          tableSlots: 4096))
    // Squared error reads any number as a label unless the schema says otherwise.
    #expect(settings.schema.label.mapping == .number)
  }

  @Test func readsWhatIsAroundTheModel() throws {
    let settings = try read(
      """
      model: clicks
      state_directory: ${HOME}/state
      progressive_validation: {window: 100}
      snapshots:
        {every: null, every_events: 5000, incremental: false, full_after_share: 1.5, full_after_count: 4, keep: 3,
         journal: whole, journal_size: 2MiB, on_shutdown: false}
      sockets:
        score: {path: /a, mode: 666, owner: root, group: www-data}
        control: {path: /b, mode: "0600"}
        event_loops: 2
        limits: {body: 64KiB, instances: 5, candidates: 7, connections: 6, idle_timeout: 1500ms}
      threads: {learner_nice: 1, ingest_nice: 2, batch_records: 3, queue_batches: 4}
      quarantine: {maximum_size: 0B}
      dead_letters: {spill_size: 5MiB}
      log: {level: debug, format: text}
      """, source: "kind: file, format: libfm, on_missing_position: latest, file: {path: /x.xz, follow: true}")
    #expect(settings.modelName == "clicks")
    #expect(settings.stateDirectory == "/h/state")
    #expect(
      settings.source
        == SourceSettings(
          place: .file(FileSettings(path: "/x.xz", follow: true)), format: .libfm, onMissingPosition: .latest))
    #expect(settings.progressiveValidation.windowSize == 100)
    #expect(
      settings.snapshots
        == SnapshotSettings(
          every: nil, everyEvents: 5000, incremental: false, fullAfterShare: 1.5, fullAfterCount: 4, keep: 3,
          journal: .whole, journalSize: 2 << 20, onShutdown: false))
    #expect(settings.snapshots.journalLimit == nil)
    #expect(
      settings.sockets
        == SocketsSettings(
          score: SocketSettings(path: "/a", mode: 0o666, owner: "root", group: "www-data"),
          control: SocketSettings(path: "/b", mode: 0o600, owner: nil, group: nil), eventLoops: 2,
          limits: ClientLimits(
            bodyBytes: 65_536, instances: 5, candidates: 7, connections: 6, idleTimeout: .milliseconds(1500))))
    #expect(
      settings.threads == ThreadSettings(learnerNice: 1, ingestNice: 2, batchRecords: 3, queueBatches: 4))
    #expect(settings.quarantine.maximumBytes == 0)
    #expect(settings.deadLetters.spillBytes == 5 << 20)
    #expect(settings.log == LogSettings(level: .debug, format: .text))
  }

  @Test func readsKafkaAndItsSecrets() throws {
    let directory = try TemporaryDirectory()
    let secrets = directory.path("kafka.properties")
    try "\u{FEFF}# login\n\nsasl.username = me\r\nsasl.password=p=ss\n".write(
      toFile: secrets, atomically: true, encoding: .utf8)
    let settings = try DaemonSettings.read(
      text: """
        model: m
        source:
          kafka:
            bootstrap: a:1,b:2
            topic: t
            dead_letter_topic: d
            isolation: read_uncommitted
            start_from: 0:120,1:99
            partition_refresh: 1s
            commit_interval: null
            start_timeout: 3s
            properties: {security.protocol: SASL_SSL, fetch.wait.max.ms: 50, ssl.key.password: hidden}
            properties_file: ${CREDENTIALS_DIRECTORY}/kafka.properties
        schema: {features: [a]}
        sockets: {ready: {maximum_lag: 2m}}
        """, environment: ["CREDENTIALS_DIRECTORY": directory.path])
    #expect(settings.sockets.readyMaximumLag == .seconds(120))
    #expect(
      settings.source.place
        == .kafka(
          KafkaSettings(
            topic: "t", deadLetterTopic: "d", startFrom: .offsets([0: 120, 1: 99]), partitionRefresh: .seconds(1),
            commitInterval: nil,
            startTimeout: .seconds(3),
            properties: [
              "bootstrap.servers": "a:1,b:2", "group.id": "afmd-m", "isolation.level": "read_uncommitted",
              "security.protocol": "SASL_SSL", "fetch.wait.max.ms": "50", "ssl.key.password": "hidden",
              "sasl.username": "me", "sasl.password": "p=ss",
            ])))
    let described = settings.describe()
    #expect(described.contains("source.kafka.properties.ssl.key.password: (secret)\n"))
    #expect(described.contains("source.kafka.properties.security.protocol: SASL_SSL\n"))
    #expect(described.contains("learning.rates.attention: 0.05  # default\n"))
    #expect(!described.contains("hidden") && !described.contains("p=ss"))
  }

  @Test func onlyRecordsOfKafkaSayHowOldALagIs() {
    let problems = problems("source: {kind: stdin}\nschema: {features: [a]}\nsockets: {ready: {maximum_lag: 2m}}\n")
    #expect(problems.contains { $0.contains("sockets.ready.maximum_lag") && $0.contains("needs `source.kind: kafka`") })
  }

  @Test(arguments: [
    ("earliest", StartPosition.earliest), ("latest", .latest), ("17", .offsets([0: 17])), ("1:5", .offsets([1: 5])),
    ("0:120, 1:99", .offsets([0: 120, 1: 99])), ("0:120 , 1 : 99 ", .offsets([0: 120, 1: 99])),
    (" 17 ", .offsets([0: 17])), ("1970-01-02T00:00:00Z", .time(milliseconds: 86_400_000)),
    ("1970-01-01 01:00:00.5+01:00", .time(milliseconds: 500)),
  ]) func startsAreWrittenInWordsTimesAndOffsets(text: String, position: StartPosition) {
    #expect(StartPosition(text: text) == position)
  }

  @Test(arguments: [
    "", "first", "1970-01-02", "1:", ":1", "0:1,", "0:1,0:2", "-1", "0:-1", "0:1:2", "5000000000:1", "0:x",
    "99999999999999999999", "1 2", " ", "0: ",
  ]) func startsAreNothingElse(text: String) {
    #expect(StartPosition(text: text) == nil)
  }

  @Test func aFileStartsAtALineAndNotAtATime() throws {
    func file(_ start: String) throws -> FileSettings? {
      let text = "source: {kind: file, file: {path: p, start_from: \(start)}}\nschema: {features: [a]}"
      guard case .file(let file) = try DaemonSettings.read(text: text).source.place else { return nil }
      return file
    }
    #expect(try file("120")?.startFrom == .offsets([0: 120]))
    #expect(try file("latest")?.startFrom == .latest)
    #expect(throws: ConfigurationProblems.self) { try file("2026-01-31T00:00:00Z") }
    #expect(throws: ConfigurationProblems.self) { try file("1:120") }
  }

  @Test func secretsThatCannotBeReadAreNeverShown() throws {
    let directory = try TemporaryDirectory()
    func problem(_ secrets: String?, properties: String = "{}") throws -> String {
      let path = directory.path("secrets")
      try? FileManager.default.removeItem(atPath: path)
      try secrets?.write(toFile: path, atomically: true, encoding: .utf8)
      return problems(
        """
        source: {kafka: {bootstrap: b, topic: t, properties: \(properties), properties_file: \(path)}}
        schema: {features: [a]}
        """
      ).joined(separator: "\n").replacing(path, with: "FILE")
    }
    #expect(try problem(nil).hasSuffix("`source.kafka.properties_file` cannot open FILE: No such file or directory"))
    let broken = try problem("a=b\ntopsecret\n")
    #expect(broken.hasSuffix("names FILE, which line 2 is not `name=value`") && !broken.contains("topsecret"))
    #expect(try problem("a=1\na=2").hasSuffix("line 2 names `a` a second time"))
    #expect(try problem("a=1", properties: "{a: 1}").hasSuffix("which has `a`, and so has `properties`"))
    #expect(try problem("group.id=x").hasSuffix("has `group.id`; that is `source.kafka.group`"))
    #expect(try problem("# nothing\n") == "")
  }

  @Test func effectiveSettingsShowNoUnnamedSecret() {
    for name in ["sasl.password", "ssl.key.pem", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config"] {
      #expect(KafkaSettings.isSecret(name), "\(name)")
    }
    #expect(!KafkaSettings.isSecret("security.protocol"))
  }
}
