import CAFMKernels
import Glibc

/// One set of compiled kernels: the arithmetic of the passes and of the optimiser for one instruction set.
///
/// All that are `isFused` give the same bits; `base` has no fused multiply-add and gives others.
///
/// `@unchecked Sendable`: the pointer is to a constant table that lives as long as the program.
public struct Kernels: @unchecked Sendable {
  package let table: UnsafePointer<afm_kernels>

  /// The name: `scalar`, `base`, `v3`, `v4` or `neon`.
  public var name: String { String(cString: table.pointee.name) }

  /// Whether multiply and add are one rounding.
  public var isFused: Bool { table.pointee.fused != 0 }

  /// What snapshots call this arithmetic: `fused` or `unfused`.
  public var arithmetic: String { isFused ? "fused" : "unfused" }

  /// The names that exist at all, on this machine or another.
  public static let names = ["scalar", "base", "v3", "v4", "neon"]

  /// The kernels of that name; nil where this machine cannot run them or the name is unknown.
  public init?(named name: String) {
    guard let table = afm_kernels_named(name) else { return nil }
    self.table = table
  }

  private init(_ table: UnsafePointer<afm_kernels>) {
    self.table = table
  }

  /// All kernels this machine can run.
  public static var available: [Kernels] { names.compactMap(Kernels.init(named:)) }

  /// The kernels to use: those the environment variable `AFM_KERNEL` names where this machine can run them, else the
  /// fastest. Chosen once.
  public static let preferred: Kernels = {
    if let wanted = getenv("AFM_KERNEL"), let table = afm_kernels_named(wanted) { return Kernels(table) }
    return Kernels(afm_kernels_best())
  }()
}
