// Unsafe memory: what is allocated belongs to the caller, who gives it back with `free`.

import Glibc

/// Memory as the kernels and the disk want it.
enum AlignedMemory {
  /// What addresses are multiples of: a cache line, and the widest vector.
  static let alignment = 64

  /// Allocates bytes that hold anything; ends the process where there are none, as Swift's own allocation does.
  static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
    var pointer: UnsafeMutableRawPointer?
    let code = posix_memalign(&pointer, alignment, bytes)
    guard code == 0, let pointer else { fatalError("no memory for \(bytes) bytes") }
    return pointer
  }
}
