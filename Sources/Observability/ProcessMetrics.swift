import Glibc

extension Metrics {
  /// Registers the standard `process_` metrics of the Prometheus client libraries, read from the kernel when asked for.
  public func registerProcess() {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let started = Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    gauge("process_start_time_seconds", "When the process started, in seconds since 1970.") { started }
    counterOfSeconds("process_cpu_seconds_total", "Processor time the process has used, of all its threads.") {
      var used = timespec()
      clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used)
      return Double(used.tv_sec) + Double(used.tv_nsec) * 1e-9
    }
    let pageBytes = Double(sysconf(Int32(_SC_PAGESIZE)))
    gauge("process_resident_memory_bytes", "Memory the process holds in physical pages.") {
      Self.pages(.resident).map { Double($0) * pageBytes }
    }
    gauge("process_virtual_memory_bytes", "Addresses the process has, whether backed by memory or not.") {
      Self.pages(.virtual).map { Double($0) * pageBytes }
    }
    gauge("process_open_fds", "Open file descriptors.") { Self.openDescriptors() }
    gauge("process_max_fds", "How many file descriptors the process may open.") {
      var limit = rlimit()
      return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? Double(limit.rlim_cur) : nil
    }
  }

  /// Registers a number that is always 1, whose labels say what runs.
  public func registerBuild(version: String, arithmetic: String, kernel: String) {
    gauge(
      "afm_build_info", "Always 1; the labels say what runs.",
      ["version": version, "arithmetic": arithmetic, "kernel": kernel]
    ) { 1 }
  }

  /// Places of the numbers of `/proc/self/statm`.
  private enum Pages: Int {
    case virtual, resident
  }

  private static func pages(_ which: Pages) -> UInt64? {
    guard let file = fopen("/proc/self/statm", "re") else { return nil }
    defer { fclose(file) }
    var line = [UInt8](repeating: 0, count: 128)
    let count = fread(&line, 1, line.count, file)
    let numbers = String(decoding: line.prefix(count), as: UTF8.self).split(separator: " ")
    return numbers.indices.contains(which.rawValue) ? UInt64(numbers[which.rawValue]) : nil
  }

  private static func openDescriptors() -> Double? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = 0.0
    while readdir(directory) != nil { count += 1 }
    // Neither `.` nor `..` nor the directory just opened.
    return max(0, count - 3)
  }
}
