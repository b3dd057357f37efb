import BenchmarkSupport
import CAFMKernels
import CFMAPeak
import Foundation

/// The arithmetic of an event beside what the core can do at most.
@main
struct KernelSpeed {
  private static let sizes = [16, 8, 32, 64, 256]
  private static let features = 10

  static func main() {
    do {
      try run()
    } catch {
      try? FileHandle.standardError.write(contentsOf: Data("KernelSpeed: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    var figures = Figures("KernelSpeed")
    describeWidestPeak()
    var table = Table(
      "\(features) features", "forward ns", "GFLOP/s", "% of peak", "forward and backward ns", "GFLOP/s", "% of peak",
      "optimizer ns", "transposition ns", "pairs ns")
    for name in ["v3", "v4", "neon", "base"] {
      guard let kernels = afm_kernels_named(name) else {
        figures.skip("\(name) kernels", because: "this processor cannot run them", figures: ["\(name), "])
        continue
      }
      for size in sizes {
        let measured = Measured(kernels, size: size, features: features)
        table.add(
          "\(name), k = t = \(size)", whole(measured.forward.nanoseconds), tenths(measured.forwardRate),
          tenths(measured.forwardShare), whole(measured.passes.nanoseconds), tenths(measured.passesRate),
          tenths(measured.passesShare), whole(measured.optimizer.nanoseconds),
          whole(measured.transposition.nanoseconds), whole(measured.pairs.nanoseconds))
        if name == "base" { continue }
        let limit: Double? = name == "v3" ? [16: 65, 256: 80][size] : nil
        figures.add(
          "\(name), k = t = \(size): forward and backward", measured.passesShare, "% of peak", better: .higher,
          scaling: .none, limit: limit)
        figures.add(
          "\(name), k = t = \(size): check and Adagrad", measured.optimizer.nanoseconds, "ns", better: .lower,
          scaling: .time)
      }
    }
    print("\(table.text)\n")
    try figures.finish()
  }

  /// Figures are compared with the peak of 8 lanes, which every core with the kernels in question has.
  private static func describeWidestPeak() {
    let rounds: UInt64 = 20_000
    let operations = fma_peak(16, rounds)
    guard operations > 0 else { return }
    let widest = Double(operations) / Shortest { _ = fma_peak(16, rounds) }.nanoseconds
    print("AVX-512 peak \(tenths(widest)) GFLOP/s; shares are of AVX2's\n")
  }

  private static func whole(_ number: Double) -> String { Numbers.text(number, digits: 0) }
  private static func tenths(_ number: Double) -> String { Numbers.text(number, digits: 1) }
}

/// What one kernel costs at one size: rates in GFLOP/s, shares of the peak in percent.
private struct Measured {
  let forward, passes, optimizer, transposition, pairs: Shortest
  let forwardRate, passesRate, forwardShare, passesShare: Double

  init(_ kernels: UnsafePointer<afm_kernels>, size: Int, features: Int) {
    let problem = KernelProblem(kernels, k: size, t: size, features: features)
    forward = Shortest { problem.forward() }
    passes = Shortest { problem.passes() }
    optimizer = Shortest(rounds: 100) { problem.optimize() }
    transposition = Shortest(rounds: 100) { problem.transpose() }
    pairs = Shortest(rounds: 100) { problem.formPairs() }
    forwardRate = problem.forwardOperations / forward.nanoseconds
    passesRate = problem.operations / passes.nanoseconds
    forwardShare = 100 * problem.forwardOperations / forward.possibleOperations
    passesShare = 100 * problem.operations / passes.possibleOperations
  }
}
