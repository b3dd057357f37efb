import Glibc

/// What the system allows this process.
enum ResourceLimits {
  /// Raises the limit of open files to the most that is allowed, since every connection takes one; returns it.
  static func raiseDescriptors() -> UInt64 {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    if limit.rlim_cur < limit.rlim_max {
      var raised = limit
      raised.rlim_cur = limit.rlim_max
      if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
    }
    return UInt64(limit.rlim_cur)
  }

  /// The machine's memory in bytes.
  static var physicalMemory: UInt64 {
    UInt64(clamping: sysconf(Int32(_SC_PHYS_PAGES))) &* UInt64(clamping: sysconf(Int32(_SC_PAGESIZE)))
  }
}
