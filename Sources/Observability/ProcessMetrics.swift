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
    gauge("process_resident_memory_bytes", "Memory the process holds in physical pages.") {
      Self.residentPages().map { Double($0) * Double(sysconf(Int32(_SC_PAGESIZE))) }
    }
    gauge("process_open_fds", "Open file descriptors.") { Self.openDescriptors() }
  }

  /// The second number of `/proc/self/statm`.
  private static func residentPages() -> UInt64? {
    guard let file = fopen("/proc/self/statm", "re") else { return nil }
    defer { fclose(file) }
    var line = [UInt8](repeating: 0, count: 128)
    let count = fread(&line, 1, line.count, file)
    let numbers = String(decoding: line.prefix(count), as: UTF8.self).split(separator: " ")
    return numbers.count > 1 ? UInt64(numbers[1]) : nil
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
