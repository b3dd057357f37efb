import CCalibration
import CFMAPeak

/// What the core at hand can do, measured beside the figures, so that figures of different machines and moments can be
/// compared.
public struct Reference: Codable, Equatable, Sendable {
  /// The core that absolute promises are made for: its AVX2 peak in GFLOP/s.
  public static let promisedPeak = 116.0

  /// Billions of floating-point operations a second in fused multiply-adds in registers, the best of many rounds; 0
  /// where the core has none of the instructions that are measured.
  public var peak: Double
  /// Nanoseconds of processor time of one round of the calibration kernel, the least of many rounds.
  public var calibration: Double

  /// Makes one of known numbers.
  public init(peak: Double, calibration: Double) {
    self.peak = peak
    self.calibration = calibration
  }

  #if arch(arm64)
    /// Which instructions the peak is of.
    public static let peakName = "NEON"
    /// How many numbers one of their vectors holds.
    public static let lanes: Int32 = 4
  #else
    /// Which instructions the peak is of.
    public static let peakName = "AVX2"
    /// How many numbers one of their vectors holds.
    public static let lanes: Int32 = 8
  #endif

  /// Measures both, for about 60 ms.
  public static func measure() -> Reference {
    Reference(peak: measurePeak(rounds: 50), calibration: measureCalibration(rounds: 80))
  }

  /// The best of both: what a core can do shows when nobody disturbs it.
  public func best(_ other: Reference) -> Reference {
    Reference(peak: max(peak, other.peak), calibration: min(calibration, other.calibration))
  }

  /// The peak of this thread's core in GFLOP/s, the best of so many rounds of about half a millisecond.
  public static func measurePeak(rounds: Int) -> Double {
    var best = 0.0
    for _ in 0..<rounds {
      let start = Clock.threadCPU
      let operations = fma_peak(lanes, 1 << 18)
      best = max(best, Double(operations) / Double(max(1, Clock.threadCPU - start)))
    }
    return best
  }

  /// The processor time of the calibration kernel in nanoseconds, the least of so many rounds of about 0.4 ms.
  public static func measureCalibration(rounds: Int) -> Double {
    var table = [UInt64](repeating: 0, count: CALIBRATION_TABLE)
    var least = UInt64.max
    for _ in 0..<rounds {
      table.withUnsafeMutableBufferPointer { table in
        let start = Clock.threadCPU
        _ = calibration_round(table.baseAddress)
        least = min(least, Clock.threadCPU - start)
      }
    }
    return Double(least)
  }
}
