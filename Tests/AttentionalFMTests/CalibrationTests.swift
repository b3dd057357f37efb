import Foundation
import Testing

@testable import AttentionalFM

@Suite("Calibration of raw scores") struct CalibrationTests {
  /// Raw scores of a model that is too sure, with labels that are drawn by half the log-odds less a quarter.
  private func events(_ count: Int, seed: UInt64) -> [(raw: Float, label: Float, importance: Float)] {
    (0..<UInt64(count)).map { n in
      let raw = Draws.normal(Draws.bits(seed: seed, stream: n, index: 0), scale: 3)
      let drawn = Double(Draws.bits(seed: seed, stream: n, index: 1) >> 11) * 0x1p-53
      let isPositive = drawn < PortableMath.sigmoid(Double(raw) / 2 - 0.25)
      return (raw, isPositive ? 1 : -1, n % 5 == 0 ? 2 : 1)
    }
  }

  private static let settings = [
    CalibrationSettings(kind: .platt), CalibrationSettings(kind: .isotonic, refreshEvents: 50),
    CalibrationSettings(kind: .isotonic, refreshEvents: 50, halfLifeEvents: 400),
  ]

  private func logLoss(_ raw: Float, _ label: Float) -> Double { Loss.logistic.value(raw: raw, label: label) }

  @Test("begins by changing nothing, to the bit", arguments: settings)
  func identity(settings: CalibrationSettings) {
    let calibrator = Calibrator(settings)
    for n in -3000...3000 {
      let raw = Float(n) * 0.00731
      #expect(calibrator.calibrated(raw).bitPattern == raw.bitPattern)
    }
    #expect(calibrator.calibrated(.infinity) == .infinity && calibrator.calibrated(.nan).isNaN)
  }

  @Test("follows Adagrad on scale and shift, as computed apart")
  func platt() {
    var calibrator = Calibrator(CalibrationSettings(kind: .platt, rate: 0.1, initialAccumulator: 0.5))
    var (a, b, ga, gb) = (1.0, 0.0, 0.5, 0.5)
    for event in events(5000, seed: 1) {
      let y = Double(event.raw)
      let g = Double(event.importance) * (1 / (1 + exp(-(a * y + b))) - (event.label > 0 ? 1 : 0))
      ga += g * y * g * y
      gb += g * g
      a -= Double(Float(0.1)) * g * y / ga.squareRoot()
      b -= Double(Float(0.1)) * g / gb.squareRoot()
      calibrator.learn(raw: event.raw, label: event.label, importance: event.importance)
    }
    let learned = calibrator.scaleAndShift
    #expect(abs((learned?.scale ?? 0) - a) < 1e-9 && abs((learned?.shift ?? 0) - b) < 1e-9)
    #expect(abs(a - 0.5) < 0.1 && abs(b + 0.25) < 0.1)
  }

  @Test("lowers the log loss of a model that is too sure", arguments: settings)
  func gain(settings: CalibrationSettings) {
    var calibrator = Calibrator(settings)
    var (before, after) = (0.0, 0.0)
    for event in events(20_000, seed: 2) {
      before += logLoss(event.raw, event.label)
      after += logLoss(calibrator.calibrated(event.raw), event.label)
      calibrator.learn(raw: event.raw, label: event.label, importance: event.importance)
    }
    #expect(calibrator.events == 20_000)
    #expect(after < before - 0.05 * 20_000)
  }

  @Test("never answers less for more", arguments: settings)
  func rising(settings: CalibrationSettings) {
    var calibrator = Calibrator(settings)
    for (index, event) in events(3000, seed: 3).enumerated() {
      // Labels that have nothing to do with the scores, or speak against them.
      calibrator.learn(raw: event.raw, label: index % 3 == 0 ? 1 : (event.raw > 0 ? 0 : 1), importance: 1)
    }
    var last = -Float.infinity
    for n in -40_000...40_000 {
      let answer = calibrator.calibrated(Float(n) * 0.000_3)
      #expect(answer >= last)
      last = answer
    }
  }

  @Test("draws the rising sequence nearest to the bins' means")
  func isotonic() {
    var bins = IsotonicBins()
    for event in events(4000, seed: 4) {
      bins.add(raw: Double(event.raw), target: event.label > 0 ? 1 : 0, importance: Double(event.importance))
    }
    var curve = [Float](repeating: 0, count: 128)
    bins.draw(into: &curve)
    let weights = zip(bins.rests, bins.labels).map { $0 + $1 + 10 }
    let centers = (0..<64).map { (Double($0) + 0.5) / 4 - 8 }
    let sums = zip(bins.labels, centers).map { $0 + 10 / (1 + exp(-$1)) }
    // The greatest over all beginnings of the least over all ends of the mean in between.
    for bin in 0..<64 {
      var greatest = 0.0
      for start in 0...bin {
        var least = 1.0
        for end in bin..<64 {
          least = min(least, sums[start...end].reduce(0, +) / weights[start...end].reduce(0, +))
        }
        greatest = max(greatest, least)
      }
      #expect(abs(Double(curve[64 + bin]) - log(greatest / (1 - greatest))) < 1e-5, "bin \(bin)")
      let knot = (bins.raws[bin] + 10 * centers[bin]) / weights[bin]
      #expect(abs(Double(curve[bin]) - knot) < 1e-5)
      #expect(abs(Double(curve[bin]) - centers[bin]) <= 0.125 + 1e-6)
    }
  }

  @Test("forgets by half after a half-life")
  func forgetting() throws {
    var calibrator = Calibrator(CalibrationSettings(kind: .isotonic, refreshEvents: 100, halfLifeEvents: 400))
    for _ in 0..<400 { calibrator.learn(raw: 1.1, label: 1, importance: 1) }
    let bin = IsotonicBins.bin(of: 1.1)
    let sum = 2 * IsotonicBins.count + bin
    let before = calibrator.state.numbers[sum]
    for _ in 0..<400 { calibrator.learn(raw: -3, label: 0, importance: 1) }
    #expect(abs(calibrator.state.numbers[sum] / before - 0.5) < 1e-12)
  }

  @Test("stays finite and can be gone on from, whatever an event weighs", arguments: settings)
  func heavy(settings: CalibrationSettings) throws {
    for label in [Float(0), 1] {
      var calibrator = Calibrator(settings)
      for n in 0..<200 {
        calibrator.learn(raw: Float(n % 40) - 20, label: label, importance: n % 3 == 0 ? 1e18 : 1)
      }
      for raw in stride(from: Float(-20), through: 20, by: 0.5) { #expect(calibrator.calibrated(raw).isFinite) }
      var copy = Calibrator(settings)
      try copy.restore(calibrator.state)
      #expect(copy.state == calibrator.state)
    }
  }

  @Test("goes on from a state with the same bits", arguments: settings)
  func restored(settings: CalibrationSettings) throws {
    var calibrator = Calibrator(settings)
    let events = events(777, seed: 5)
    for event in events { calibrator.learn(raw: event.raw, label: event.label, importance: event.importance) }
    var copy = Calibrator(settings)
    try copy.restore(calibrator.state)
    for event in events {
      #expect(copy.calibrated(event.raw).bitPattern == calibrator.calibrated(event.raw).bitPattern)
      calibrator.learn(raw: event.raw, label: event.label, importance: event.importance)
      copy.learn(raw: event.raw, label: event.label, importance: event.importance)
    }
    #expect(copy.state == calibrator.state)
  }

  @Test("takes no state that is damaged, and none of another kind", arguments: settings)
  func damaged(settings: CalibrationSettings) throws {
    var calibrator = Calibrator(settings)
    let fresh = calibrator
    for damage in 0..<3 {
      var state = fresh.state
      switch damage {
      case 0: state.numbers[0] = .nan
      case 1: state.numbers.removeLast()
      default:
        if state.curve.isEmpty { state.numbers[2] = -1 } else { state.curve[3] = -100 }
      }
      #expect(throws: ModelProblem.self) { try calibrator.restore(state) }
      #expect(calibrator == fresh)
    }
    var other = fresh.state
    other.kind = settings.kind == .platt ? .isotonic : .platt
    try calibrator.restore(other)
    #expect(calibrator == fresh)
  }

  @Test("leaves what the model learns as it is, to the bit", arguments: settings)
  func modelUnchanged(settings: CalibrationSettings) throws {
    let plain = OnlineLearner(try Model(configuration: .test()))
    var configuration = ModelConfiguration.test()
    configuration.calibration = settings
    let calibrated = OnlineLearner(try Model(configuration: configuration))
    var calibrator = Calibrator(settings)
    var differences = 0
    for event in TestEvent.random(count: 400, seed: 6) {
      let step = calibrated.learn(event)
      #expect(step == plain.learn(event))
      let raw = step.prediction.raw
      #expect(calibrated.model.calibrated(raw).bitPattern == calibrator.calibrated(raw).bitPattern)
      if calibrator.calibrated(raw) != raw { differences += 1 }
      calibrator.learn(raw: raw, label: event.label, importance: event.importance)
      calibrated.model.calibrate(with: calibrator)
    }
    #expect(differences > 300)
    #expect(ModelState(calibrated.model) == ModelState(plain.model))
    #expect(plain.model.calibrated(0.3) == 0.3)
  }

  @Test("is refused where the loss is not log, or a number is impossible")
  func problems() {
    var configuration = ModelConfiguration.test()
    configuration.calibration = CalibrationSettings(kind: .platt)
    #expect(configuration.problems.isEmpty)
    configuration.loss = .squared
    #expect(configuration.problems.map(\.description).contains { $0.contains("calibration.kind is platt") })
    configuration.loss = .logistic
    configuration.calibration = CalibrationSettings(
      kind: .isotonic, rate: -1, initialAccumulator: 0, refreshEvents: 0, halfLifeEvents: 0)
    #expect(configuration.problems.count == 4)
  }

  @Test("is not written where it is not configured, and read from what does not name it")
  func coding() throws {
    let encoder = JSONEncoder()
    let plain = ModelConfiguration.test()
    let text = String(decoding: try encoder.encode(plain), as: UTF8.self)
    #expect(!text.contains("calibration"))
    #expect(try JSONDecoder().decode(ModelConfiguration.self, from: Data(text.utf8)) == plain)
    var configuration = plain
    configuration.calibration = CalibrationSettings(kind: .isotonic, halfLifeEvents: 7)
    let saved = try encoder.encode(configuration)
    #expect(try JSONDecoder().decode(ModelConfiguration.self, from: saved) == configuration)
  }
}
