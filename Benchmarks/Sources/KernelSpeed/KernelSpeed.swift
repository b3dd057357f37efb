import BenchmarkSupport
import CAFMKernels

/// The arithmetic of an event beside what the core can do at most.
@main
struct KernelSpeed {
  private static let sizes = [16, 8, 32, 64, 256]
  private static let features = 10

  static func main() {
    print("Machine: \(Machine.description); load before: \(Machine.load)\n")
    var peak = Peak.measure()
    var measured: [Measured] = []
    for name in ["v3", "v4", "neon", "base"] {
      guard let kernels = afm_kernels_named(name) else { continue }
      for size in sizes { measured.append(Measured(kernels, name: name, size: size, features: features)) }
      peak = Peak.measure(peak)
    }
    print(
      "FMA peak, GFLOP/s: AVX2 \(Numbers.text(peak.avx2, digits: 1)), AVX-512 \(Numbers.text(peak.avx512, digits: 1)),"
        + " NEON \(Numbers.text(peak.neon, digits: 1))\n")
    var table = Table(
      "\(features) features", "forward ns", "GFLOP/s", "% of peak", "forward and backward ns", "GFLOP/s", "% of peak",
      "optimizer ns", "transposition ns")
    for one in measured {
      table.add(
        "\(one.name), k = t = \(one.size)", Numbers.text(one.forward, digits: 0),
        Numbers.text(one.forwardRate, digits: 1), Numbers.text(100 * one.forwardRate / peak.reference, digits: 1),
        Numbers.text(one.passes, digits: 0), Numbers.text(one.passesRate, digits: 1),
        Numbers.text(100 * one.passesRate / peak.reference, digits: 1), Numbers.text(one.optimizer, digits: 0),
        Numbers.text(one.transposition, digits: 0))
    }
    print("\(table.text)\n\nLoad after: \(Machine.load)")
  }
}

/// What one kernel costs at one size, in nanoseconds, and its rates in GFLOP/s.
private struct Measured {
  let name: String
  let size: Int
  let forward, passes, optimizer, transposition: Double
  let forwardRate, passesRate: Double

  init(_ kernels: UnsafePointer<afm_kernels>, name: String, size: Int, features: Int) {
    self.name = name
    self.size = size
    let problem = KernelProblem(kernels, k: size, t: size, features: features)
    forward = Shortest.nanoseconds { problem.forward() }
    passes = Shortest.nanoseconds { problem.passes() }
    optimizer = Shortest.nanoseconds { problem.optimize() }
    transposition = Shortest.nanoseconds { problem.transpose() }
    forwardRate = problem.forwardOperations / forward
    passesRate = problem.operations / passes
  }
}
