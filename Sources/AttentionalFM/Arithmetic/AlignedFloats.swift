// Unsafe memory. Invariant: `base` points to `count` initialised floats, aligned to 64 bytes, until deinit.

import Glibc

/// An array of floats aligned for the kernels, of fixed length, starting at zeros.
package final class AlignedFloats {
  package let base: UnsafeMutablePointer<Float>
  package let count: Int

  package init(_ count: Int) {
    self.count = count
    let bytes = max(count, 16) * MemoryLayout<Float>.stride
    let pointer = AlignedMemory.allocate(bytes)
    memset(pointer, 0, bytes)
    base = pointer.bindMemory(to: Float.self, capacity: max(count, 16))
  }

  deinit {
    free(base)
  }
}

extension Int {
  /// The next multiple of 16.
  package var padded: Int { (self + 15) / 16 * 16 }
}
