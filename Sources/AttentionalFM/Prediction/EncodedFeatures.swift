// Unsafe memory. Invariant: `Feature` lies in memory as `afm_feature` does, which `layoutIsShared` checks.

import CAFMKernels
import Features

extension UnsafeBufferPointer<Feature> {
  /// The features as the C functions take them; nil for none.
  package var encoded: UnsafePointer<afm_feature>? {
    UnsafeRawPointer(baseAddress)?.assumingMemoryBound(to: afm_feature.self)
  }
}

extension Feature {
  /// Whether this compiler lays the struct out as C does; `EventScratch` refuses to work where it does not.
  static var layoutIsShared: Bool {
    MemoryLayout<Feature>.stride == MemoryLayout<afm_feature>.stride
      && MemoryLayout<Feature>.offset(of: \.hash) == MemoryLayout<afm_feature>.offset(of: \.hash)
      && MemoryLayout<Feature>.offset(of: \.value) == MemoryLayout<afm_feature>.offset(of: \.value)
      && MemoryLayout<Feature>.offset(of: \.field) == MemoryLayout<afm_feature>.offset(of: \.field)
  }
}
