import TestSupport
import Testing

@testable import Configuration

@Suite struct ProblemTests {
  private func problems(_ text: String) -> [String] {
    do {
      _ = try DaemonSettings.read(text: text, environment: [:])
      return []
    } catch {
      return error.description.split(separator: "\n").map(String.init)
    }
  }

  @Test func negativesAreDrawnForWhatHasAny() {
    func found(_ learning: String, schema: String = "") -> [String] {
      problems(
        """
        source: {kind: stdin}
        schema: {features: [user, item, {name: price, kind: numeric}]\(schema)}
        learning: \(learning)
        """
      ).map { String($0.dropFirst($0.prefix { $0 != "`" }.count)) }
    }
    #expect(
      found("{loss: ranking}") == [
        "`learning.negative_sampling.field` is needed with `learning.loss: ranking`, which ranks a positive above its "
          + "negatives"
      ])
    #expect(
      found("{negative_sampling: {user: user}}") == [
        "`learning.negative_sampling.field` is needed: it names the field whose value is drawn for a negative"
      ])
    #expect(
      found("{loss: squared, negative_sampling: {field: item}}") == [
        "`learning.negative_sampling.field` needs `learning.loss: log` or `ranking`: a negative that was drawn has no "
          + "number to predict"
      ])
    #expect(
      found("{negative_sampling: {field: price, user: item2, with: [item, item, nothing]}}") == [
        "`learning.negative_sampling.field` is `price`, which is not categorical",
        "`learning.negative_sampling.user` is `item2`, which is no field of `schema.features`",
        "`learning.negative_sampling.with[1]` is `item` again",
        "`learning.negative_sampling.with[2]` is `nothing`, which is no field of `schema.features`",
      ])
    #expect(
      found("{negative_sampling: {field: item, user: item, with: [item]}}") == [
        "`learning.negative_sampling.user` is `field` itself",
        "`learning.negative_sampling.with[0]` is `item`, which is drawn itself",
      ])
    let candidates = "it must be more than `progressive_validation.ranking_candidates`, 99, which are drawn from it"
    #expect(
      found("{negative_sampling: {field: item, user: user, with: [user], reservoir: 99}}") == [
        "`learning.negative_sampling.with[0]` is `user`, the user, who stays the same",
        "`learning.negative_sampling.reservoir` is 99; " + candidates,
      ])
    #expect(
      Set(found("{negative_sampling: {field: item, reservoir: 2}}")) == [
        "`learning.negative_sampling.reservoir` is 2; " + candidates,
        "`learning.negative_sampling.reservoir` must be more than `negatives`, which are drawn from it",
      ])
    #expect(
      found("{negative_sampling: {field: item}}", schema: ", kept_fraction: {path: kept}") == [
        "`learning.negative_sampling.field` and `schema.kept_fraction` exclude each other: negatives are drawn here, or "
          + "logged by a producer that thins them"
      ])
    #expect(
      found("{loss: squared}", schema: ", kept_fraction: {otherwise: 0.5}") == [
        "`learning.loss` must be `log` with `schema.kept_fraction`, which is a matter of log-odds"
      ])
    #expect(
      found("{calibration: {kind: platt}}", schema: ", kept_fraction: {otherwise: 0.5}") == [
        "`learning.calibration` and `schema.kept_fraction` exclude each other: the labels of a thinned stream calibrate to "
          + "it"
      ])
    #expect(
      found("{}", schema: ", kept_fraction: {otherwise: 0}").first?.hasPrefix("`schema.kept_fraction.otherwise`")
        == true)
  }

  @Test func oneRunFindsEverythingInTheOrderOfTheFile() {
    let found = problems(
      """
      model: my model
      source:
        kind: kafka
        kafka: {topic: t, dead_letter_topic: t, properties: {enable.auto.commit: true}}
      schema:
        featuers: [a]
        features:
          - label
          - {name: x, kind: time}
          - {name: y, kind: numeric, transform: bucket_width}
          - {name: z, part: hour}
          - {name: w, kind: numeric, transform: standardize, mean: 1, scale: 0}
        crosses: [[nothing, z]]
        limits: {pairs: -1}
      learning:
        embeding_size: 3
        dropout: 1
        rates: {bias: -1, linear: 1e39}
        table: {slots: 4}
      snapshots: {every: 0s, keep: 0}
      sockets:
        score: {mode: "0999"}
        control: {path: /run/afmd/score.sock}
      quarantine: {maximum_size: -1MiB}
      log: {level: loud}
      """)
    #expect(
      found == [
        "afmd.yaml:1:8: `model` must be 1 to 64 letters, digits, `-` or `_`, since directories and labels carry it",
        "afmd.yaml:4:10: `source.kafka.bootstrap` is missing: the brokers to ask first, such as host:9092",
        "afmd.yaml:4:40: `source.kafka.dead_letter_topic` is the topic that is read; every unusable record would come "
          + "back for ever",
        "afmd.yaml:4:55: `source.kafka.properties` has `enable.auto.commit`; positions live in the snapshots; what lag "
          + "tools see is `source.kafka.commit_interval`",
        "afmd.yaml:6:3: unknown key `featuers` in `schema`; did you mean `features`?",
        "afmd.yaml:8:7: `schema.features[0].path`: 'label' is the label, which no feature may tell",
        "afmd.yaml:9:7: `schema.features[1].part` is missing: one of date, month, day_of_week, hour",
        "afmd.yaml:10:7: `schema.features[2].width` is missing: the width of a bucket, above 0",
        "afmd.yaml:11:17: `schema.features[3].part` is for fields with kind time",
        "afmd.yaml:12:72: `schema.features[4].scale` must be a number, what is divided by, above 0, not `0`",
        "afmd.yaml:13:13: `schema.crosses[0].fields`: there is no field 'nothing' (fields are label, z, w)",
        "afmd.yaml:14:19: `schema.limits.pairs` must be a whole number, from 1 to 600000, not `-1`",
        "afmd.yaml:16:3: unknown key `embeding_size` in `learning`; did you mean `embedding_size`?",
        "afmd.yaml:17:12: `learning.dropout` is 1.0; it must be 0 up to but not including 1",
        "afmd.yaml:18:17: `learning.rates.bias` is -1.0; it must be a number from 0 to 1000",
        "afmd.yaml:18:29: `learning.rates.linear` must be a number, in the range of a 32-bit float, not `1e39`",
        "afmd.yaml:19:18: `learning.table.slots` must be a whole number, from 8 to 17179869184, not `4`",
        "afmd.yaml:20:20: `snapshots.every` must be a duration from 1s to 720h, such as 500ms, 30s, 10m or 1h, "
          + "not `0s`",
        "afmd.yaml:20:30: `snapshots.keep` must be a whole number, from 1 to 100000, not `0`",
        "afmd.yaml:22:17: `sockets.score.mode` must be permissions in octal, such as 0660, not `0999`",
        "afmd.yaml:23:12: `sockets.control` has the same path as `sockets.score`; operators and applications need two "
          + "sockets",
        "afmd.yaml:24:28: `quarantine.maximum_size` must be a size from 0B to 1TiB, such as 64MiB or 10MB, "
          + "not `-1MiB`",
        "afmd.yaml:25:14: `log.level` is `loud`; it must be one of debug, info, notice, warning, error",
      ])
  }

  @Test func aSchemaNeedsFeaturesAndASourceItsPlace() {
    #expect(
      problems("source: {kind: file}") == [
        "afmd.yaml:1:1: `schema.features`: a schema needs at least one",
        "afmd.yaml:1:9: `source.file.path` is missing: the path of the file to read, since source.kind is file",
      ])
    #expect(problems("- a").first == "afmd.yaml:1:1: the document must be a mapping of keys to values, not a list")
    #expect(problems("a: &b 1") == ["afmd.yaml:1:4: anchors (`&b`) are not allowed"])
  }

  @Test func theFieldsOfLibfmLinesAreChecked() {
    let text = "source: {kind: stdin, format: libfm}\nschema: {features: [a, {name: n, kind: numeric}]}"
    #expect(
      problems(text) == [
        "afmd.yaml:2:24: `schema.features[1]`: the fields of libfm lines are all categorical, one for each position, "
          + "or a single list"
      ])
  }

  @Test func labelsThatComeLaterNeedTheTimesOfEvents() {
    #expect(
      problems(
        """
        source: {kind: stdin}
        schema: {features: [a, known], label: {time: {path: known}}}
        learning: {label_delay: 1h}
        """) == [
          "afmd.yaml:2:24: `schema.features[1].path`: 'known' is when the label became known, which no feature may tell",
          "afmd.yaml:2:53: `schema.label.time.path`: a label's time needs `time.path`: what waits is learned when the "
            + "times of events have passed it",
          "afmd.yaml:3:25: `learning.label_delay` needs `schema.time.path`: what waits is learned when the times of "
            + "events have passed its label's",
        ])
    #expect(
      problems(
        """
        source: {kind: stdin, format: libfm}
        schema: {features: [a], time: {path: t}}
        learning: {label_delay: 1h}
        """) == ["afmd.yaml:3:25: `learning.label_delay` has no meaning for libfm lines, which carry no times"])
  }

  @Test func forgettingNeedsTheTimesOfEvents() {
    func found(_ schema: String, _ source: String, _ forgetting: String) -> [String] {
      problems("source: {\(source)}\nschema: {\(schema)}\nlearning: {forgetting: {\(forgetting)}}")
    }
    #expect(
      found("features: [a]", "kind: stdin", "half_life: 1d") == [
        "afmd.yaml:3:36: `learning.forgetting.half_life` needs `schema.time.path`: what is forgotten goes by the times of "
          + "events"
      ])
    #expect(
      found("features: [a], time: {path: t}", "kind: stdin, format: libfm", "half_life: 1d") == [
        "afmd.yaml:3:36: `learning.forgetting.half_life` has no meaning for libfm lines, which carry no times"
      ])
    #expect(
      found("features: [a], time: {path: t}", "kind: stdin", "half_life: 1d, applies_to: dense, weights: true") == [
        "afmd.yaml:3:68: `learning.forgetting.weights` is true; it must be false where only the dense sums fall back: "
          + "features keep all theirs"
      ])
    #expect(found("features: [a], time: {path: t}", "kind: stdin", "half_life: 1s").count == 1)
  }

  @Test func onlyLogOddsCanBeCalibrated() {
    #expect(
      problems(
        """
        source: {kind: stdin}
        schema: {features: [a]}
        learning: {loss: squared, calibration: {kind: platt}}
        """) == [
          "afmd.yaml:3:47: `learning.calibration.kind` is platt; it must be none where the loss is not log: it "
            + "calibrates log-odds"
        ])
    #expect(
      problems(
        """
        source: {kind: stdin}
        schema: {features: [a]}
        learning: {calibration: {kind: isotonic, rate: -1, refresh_events: 0}}
        """
      ) == [
        "afmd.yaml:3:48: `learning.calibration.rate` is -1.0; it must be a number from 0 to 1000",
        "afmd.yaml:3:68: `learning.calibration.refresh_events` must be a whole number, from 1 to 1000000000, not `0`",
      ])
  }

  @Test func onlyFieldsWithOneValueCanBeSliced() {
    #expect(
      problems(
        """
        source: {kind: stdin}
        schema: {features: [a, {name: l, kind: list}, {name: n, kind: numeric}]}
        progressive_validation: {slices: [a, l, n, x, a]}
        """) == [
          "afmd.yaml:3:34: `progressive_validation.slices` names 5 fields; at most 4",
          "afmd.yaml:3:38: `progressive_validation.slices[1]` is `l`, which does not have one of a set of values in "
            + "each event",
          "afmd.yaml:3:41: `progressive_validation.slices[2]` is `n`, which does not have one of a set of values in "
            + "each event",
          "afmd.yaml:3:44: `progressive_validation.slices[3]` is `x`, which is neither a field nor a cross of `schema`",
          "afmd.yaml:3:47: `progressive_validation.slices[4]` is `a` again",
        ])
  }

  @Test func socketPathsFitTheSystem() {
    let path = "/" + String(repeating: "x", count: 107)
    let text = "source: {kind: stdin}\nschema: {features: [a]}\nsockets: {score: {path: \(path)}}"
    #expect(
      problems(text) == [
        "afmd.yaml:3:25: `sockets.score.path` must have 1 to 107 bytes (a limit of Unix sockets), not 108"
      ])
  }

  @Test func aFileThatCannotBeReadSaysWhy() throws {
    let error = #expect(throws: ConfigurationProblems.self) {
      try DaemonSettings.load(path: "/nonexistent/afmd.yaml", environment: [:])
    }
    #expect(
      error?.description
        == "/nonexistent/afmd.yaml:1:1: cannot open /nonexistent/afmd.yaml: No such file or directory")
    let directory = try TemporaryDirectory()
    let unreadable = #expect(throws: ConfigurationProblems.self) {
      try DaemonSettings.load(path: directory.path, environment: [:])
    }
    #expect(unreadable?.description.hasSuffix("Is a directory") == true)
  }
}
