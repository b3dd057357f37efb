import AttentionalFM
import Synchronization
import Testing
import Threads

@testable import LiveModel

/// Run it under ThreadSanitizer as well (`swift test --sanitize=thread --filter LiveModelTests`).
@Suite("LiveModel's calibration", .serialized) struct CalibrationTests {
  /// What a scorer has at one event: its calibration's answer, and a parameter.
  private struct Moment: Equatable {
    var answer: Float
    var bias: Float
  }

  private static let events = 1500

  private func learn(_ model: Model, _ calibrator: inout Calibrator, _ learner: OnlineLearner, _ event: Events) {
    let raw = event.features.withUnsafeBufferPointer { learner.step($0, label: event.label).prediction.raw }
    calibrator.learn(raw: raw, label: event.label, importance: 1)
    model.calibrate(with: calibrator)
  }

  @Test("is of the same event as the parameters beside it", arguments: CalibrationSettings.Kind.allCases)
  func oneMoment(kind: CalibrationSettings.Kind) throws {
    let settings = CalibrationSettings(kind: kind, refreshEvents: 3)
    var configuration = ModelConfiguration.small()
    configuration.calibration = settings
    let events = Events.random(count: Self.events, seed: 15)
    // First alone, to know what there is to be seen.
    let model = try Model(configuration: configuration)
    let live = try LiveModel(model)
    let (learner, scorer) = (OnlineLearner(model), Scorer(live))
    var calibrator = Calibrator(settings)
    var moments = [Moment(answer: scorer.calibrated(0.1), bias: scorer.bias)]
    for event in events {
      learn(model, &calibrator, learner, event)
      live.publishDense(of: model, isIdle: true)
      scorer.beginRequest()
      moments.append(Moment(answer: scorer.calibrated(0.1), bias: scorer.bias))
      #expect(moments.last?.answer == model.calibrated(0.1))
    }
    #expect(moments[0].answer == 0.1 && Set(moments.map(\.answer)).count > Self.events / 100)
    #expect(Ranker(live).calibrated(0.1) == moments.last?.answer)

    let again = try Model(configuration: configuration)
    let reference = LiveModelReference(try LiveModel(again))
    let isDone = Atomic<Bool>(false)
    let wrong = Atomic<Int>(0)
    let seen = Atomic<Int>(0)
    let known = moments
    let readers = (0..<3).map { number in
      DedicatedThread(name: "reader \(number)") {
        let scorer = Scorer(reference)
        var last: UInt64 = 0
        while !isDone.load(ordering: .relaxed) {
          let moment = Int(scorer.beginRequest())
          let found = Moment(answer: scorer.calibrated(0.1), bias: scorer.bias)
          if found != known[moment] { wrong.add(1, ordering: .relaxed) }
          if scorer.eventsLearned != last { seen.add(1, ordering: .relaxed) }
          last = scorer.eventsLearned
        }
      }
    }
    let writer = OnlineLearner(again)
    var second = Calibrator(settings)
    for (index, event) in events.enumerated() {
      learn(again, &second, writer, event)
      reference.current.publishDense(of: again, isIdle: false)
      // Somebody has looked meanwhile, on one core too.
      while index % 100 == 99, seen.load(ordering: .relaxed) <= index / 100 {
        reference.current.publishDense(of: again, isIdle: true)
      }
    }
    isDone.store(true, ordering: .relaxed)
    for reader in readers { reader.join() }
    #expect(wrong.load(ordering: .relaxed) == 0 && seen.load(ordering: .relaxed) >= Self.events / 100)
  }
}
