/// Exponential and logarithm in Double that give the same bits on every machine.
///
/// The C library picks its versions by instruction set, so their last bits differ between machines. These use plain
/// additions, multiplications and divisions in one order, which IEEE 754 fixes to the bit. Error: below 1 unit in the
/// last place for `exp` and `log`, below 3 for the others. The polynomials are those of fdlibm (Sun Microsystems,
/// 1993, freely granted).
public enum PortableMath {
  private static let ln2High = 6.93147180369123816490e-01
  private static let ln2Low = 1.90821492927058770002e-10

  /// `e^x`: infinity above 709.78, 0 below -708.39 (there is no result below the normal numbers).
  public static func exp(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x > 709.782712893384 { return .infinity }
    if x < -708.396418532264 { return 0 }
    // Through an integer, since rounding is a call on processors of the lowest level; within +-1024 it is the same.
    let exponent = Int(x * 1.44269504088896338700 + (x < 0 ? -0.5 : 0.5))
    let n = Double(exponent)
    let high = x - n * ln2High
    let low = n * ln2Low
    let r = high - low
    let s = r * r
    var p = -1.65339022054652515390e-06 + s * 4.13813679705723846039e-08
    p = 6.61375632143793436117e-05 + s * p
    p = -2.77777777770155933842e-03 + s * p
    p = 1.66666666666666019037e-01 + s * p
    let c = r - s * p
    let y = 1 - ((low - (r * c) / (2 - c)) - high)
    return scaled(y, by: exponent)
  }

  /// The natural logarithm; NaN below 0, minus infinity at 0.
  public static func log(_ x: Double) -> Double {
    if x.isNaN || x < 0 { return .nan }
    if x == 0 { return -.infinity }
    if x == .infinity { return x }
    var bits = x.bitPattern
    var exponent = 0
    if bits < 1 << 52 {
      bits = (x * 0x1p54).bitPattern
      exponent = -54
    }
    // The significand brought into sqrt(1/2)...sqrt(2).
    exponent += Int(bits >> 52) - 1023
    var significand = Double(bitPattern: (bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000)
    if significand > 1.4142135623730951 {
      significand *= 0.5
      exponent += 1
    }
    let f = significand - 1
    let n = Double(exponent)
    if f == 0 { return n * ln2High + n * ln2Low }
    let s = f / (2 + f)
    let z = s * s
    let w = z * z
    let even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    let odd =
      z
      * (6.666666666666735130e-01 + w
        * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)))
    let r = even + odd
    let half = 0.5 * f * f
    return n * ln2High - ((half - (s * (half + r) + n * ln2Low)) - f)
  }

  /// `log(1 + x)`, accurate near 0.
  public static func log1p(_ x: Double) -> Double {
    let u = 1 + x
    if u == 1 || u == .infinity { return x }
    return log(u) * (x / (u - 1))
  }

  /// `1 / (1 + e^-x)`.
  public static func sigmoid(_ x: Double) -> Double {
    if x >= 0 { return 1 / (1 + exp(-x)) }
    let e = exp(x)
    return e / (1 + e)
  }

  /// `log(1 + e^x)` without overflow.
  public static func softplus(_ x: Double) -> Double {
    x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))
  }

  @inline(__always)
  private static func scaled(_ y: Double, by exponent: Int) -> Double {
    if exponent == 1024 { return y * 2 * 0x1p1023 }
    if exponent < -1022 { return y * 0x1p-1022 * Double(sign: .plus, exponent: exponent + 1022, significand: 1) }
    return y * Double(bitPattern: UInt64(exponent + 1023) << 52)
  }
}
