import Testing

@testable import LoadGeneration

@Suite struct GeneratorTests {
  private static let second: UInt64 = 1_000_000_000
  private let requests = LoadRequests(instances: [Array("{}".utf8)], instancesPerRequest: 2, as: .lines)

  @Test func aServerThatKeepsUpIsTimedBySending() {
    let server = SimulatedServer(serviceTime: 100_000)
    let report = OpenLoop(rate: 1_000, spacing: .constant, duration: Self.second).run(server, requests)
    #expect(report.requests == 1_000)
    #expect(report.failed == 0)
    #expect(abs((report.latency.p50 ?? 0) - 100e-6) < 5e-6)
    #expect(report.latency.max == 100e-6)
    #expect(abs(report.achievedRate - 1_000) < 2)
    #expect(abs(report.scoresPerSecond - 2_000) < 4)
    #expect(report.generator.late == 0)
    #expect(report.generator.bottleneck == nil)
  }

  /// The measurement that omits what it coordinates with: one that sent the next request after the answer would find
  /// one slow request in nine thousand, and a p99 of 100 us.
  @Test(arguments: [1, 4]) func aStallIsChargedForAllWhoWouldHaveWaited(connections: Int) {
    let stall = 5 * Self.second..<6 * Self.second
    let server = SimulatedServer(connections: connections, serviceTime: 100_000, stall: stall)
    let load = OpenLoop(rate: 1_000, spacing: .constant, duration: 10 * Self.second)
    let report = load.run(server, requests)
    #expect(report.requests == 10_000)
    #expect(report.latency.max > 0.99)
    // A tenth of all requests fell into the stall, evenly over it: the slowest hundredth waited 0.9 s and more.
    #expect((report.latency.p99 ?? 0) > 0.85)
    #expect((report.latency.p90 ?? 1) < 0.15)
    #expect((report.latency.p50 ?? 1) < 120e-6)
    #expect(report.generator.late == 0)
  }

  @Test func aClosedLoopHardlySeesAStallAndSaysWhatItIs() {
    let server = SimulatedServer(serviceTime: 100_000, stall: 5 * Self.second..<6 * Self.second)
    let report = ClosedLoop(depth: 1, duration: 10 * Self.second).run(server, requests)
    #expect(report.mode == .closedLoop)
    #expect(report.rate == nil)
    #expect((report.latency.p99 ?? 1) < 120e-6)
    #expect(abs(report.achievedRate - 9_000) < 20)
  }

  @Test func aGeneratorThatComesLateIsChargedAndSaysSo() {
    // Sending takes twice the time between two requests.
    let server = SimulatedServer(serviceTime: 1_000, sendTime: 200_000)
    let report = OpenLoop(rate: 10_000, spacing: .constant, duration: Self.second / 10).run(server, requests)
    #expect(report.requests == 1_000)
    #expect(report.generator.late > 900)
    #expect(report.latency.max > 0.09)
    #expect(report.generator.bottleneck != nil)
  }

  @Test func warmUpIsSentAndNotCounted() {
    let server = SimulatedServer(serviceTime: 1_000, stall: 0..<Self.second / 2)
    let load = OpenLoop(rate: 1_000, spacing: .constant, warmUp: Self.second, duration: Self.second)
    let report = load.run(server, requests)
    #expect(server.sent == 2_000)
    #expect(report.requests == 1_000)
    #expect(report.latency.max < 1e-4)
    #expect(abs(report.seconds - 1) < 0.01)
  }

  @Test func errorsAreCountedByKind() {
    let server = SimulatedServer(serviceTime: 1_000)
    server.outcomes = [
      1: .refused(status: 503, detail: "there are too many connections"), 2: .refused(status: 503, detail: "again"),
      3: .connectionLost,
    ]
    let report = OpenLoop(rate: 1_000, spacing: .poisson, duration: Self.second / 10).run(server, requests)
    #expect(
      report.errors == [
        .init(kind: "status 503", count: 2, detail: "there are too many connections"),
        .init(kind: "connection lost", count: 1, detail: nil),
      ])
    #expect(report.failed == 3)
  }

  @Test func requestsWithoutAnAnswerAreErrorsAndCountAsSlow() {
    let server = SimulatedServer(serviceTime: 1_000)
    server.silentFrom = 90
    let load = OpenLoop(rate: 1_000, spacing: .constant, duration: Self.second / 10, patience: 2 * Self.second)
    let report = load.run(server, requests)
    #expect(report.errors == [.init(kind: "no answer", count: 10, detail: nil)])
    #expect(report.latency.max >= 2)
    #expect((report.latency.p99 ?? 0) > 1.9)
    // What was waited in vain is no part of the time that rates are taken over.
    #expect(report.seconds == 0.1)
    #expect(abs(report.achievedRate - 900) < 1)
  }

  @Test func aClosedLoopLeavesPatienceOutOfItsRate() {
    let server = SimulatedServer(serviceTime: 1_000_000)
    server.silentFrom = 99
    let load = ClosedLoop(depth: 1, duration: Self.second / 10, patience: 2 * Self.second)
    let report = load.run(server, requests)
    #expect(report.errors == [.init(kind: "no answer", count: 1, detail: nil)])
    #expect(report.seconds == 0.1)
    #expect(abs(report.achievedRate - 990) < 1)
  }

  /// The last request is due long before the end: the time until then belongs to the rate.
  @Test(arguments: [1, 10]) func aLowRateIsTakenOverTheWholeTime(seconds: UInt64) {
    let server = SimulatedServer(serviceTime: 100_000)
    let report = OpenLoop(rate: 1, spacing: .constant, duration: seconds * Self.second).run(server, requests)
    #expect(report.requests == seconds)
    #expect(report.seconds == Double(seconds))
    #expect(report.achievedRate == 1)
    #expect(abs(report.generator.processorShare - 0.1) < 1e-6)
  }

  @Test func answersBehindTheEndTakeTheirTime() {
    let server = SimulatedServer(serviceTime: 2_000_000)
    let report = OpenLoop(rate: 1_000, spacing: .constant, duration: Self.second).run(server, requests)
    #expect(report.requests == 1_000)
    #expect(report.seconds == 2)
    #expect(report.achievedRate == 500)
  }

  @Test func anInterruptedRunReportsWhatItFound() {
    let server = SimulatedServer(serviceTime: 1_000)
    let load = OpenLoop(rate: 1_000, spacing: .constant, duration: Self.second)
    let report = load.run(server, requests) { server.sent >= 100 }
    #expect(report.requests == 100)
    #expect(abs(report.seconds - 0.1) < 0.002)
    #expect(abs(report.achievedRate - 1_000) < 20)
  }

  @Test func aRunInterruptedInItsWarmUpHasNoFigures() {
    let (server, other) = (SimulatedServer(serviceTime: 1_000), SimulatedServer(serviceTime: 1_000))
    let open = OpenLoop(rate: 1_000, spacing: .constant, warmUp: Self.second, duration: Self.second)
    let closed = ClosedLoop(depth: 1, warmUp: Self.second, duration: Self.second)
    let reports = [
      open.run(server, requests) { server.sent >= 100 }, closed.run(other, requests) { other.sent >= 100 },
    ]
    for report in reports {
      #expect(report.requests == 0)
      #expect(report.achievedRate == 0)
      #expect(report.generator.processorShare == 0)
      #expect(report.generator.bottleneck == nil)
    }
  }

  @Test func constantArrivalsDoNotDrift() {
    var schedule = ArrivalSchedule(rate: 3, spacing: .constant, seed: 0)
    let times = (0..<3_001).map { _ in schedule.next() }
    #expect(times[0] == 0)
    #expect(times[3_000] == 1_000 * Self.second)
  }

  @Test func poissonArrivalsHaveTheRateAndItsSpread() {
    var schedule = ArrivalSchedule(rate: 1_000, spacing: .poisson, seed: 7)
    var again = ArrivalSchedule(rate: 1_000, spacing: .poisson, seed: 7)
    let times = (0..<20_000).map { _ in schedule.next() }
    #expect(times == (0..<20_000).map { _ in again.next() })
    let gaps = zip(times.dropFirst(), times).map { Double($0 - $1) / 1e6 }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
    #expect(abs(mean - 1) < 0.05)
    #expect(abs(variance - 1) < 0.1)
  }
}
