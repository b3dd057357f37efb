import Foundation

/// Runs programs. Foundation's `Process` would do, but leaves a leak behind that the address sanitizer reports.
enum Program {
  /// Runs a program found in PATH and gives its exit code (-1 where it was killed or is not there) and everything it
  /// wrote.
  static func run(_ arguments: [String], environment: [String: String] = [:]) -> (code: Int32, output: String) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return (-1, "no pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
    let settings = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
    // env(1) looks the program up in PATH.
    let words = ["/usr/bin/env"] + arguments
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = settings.map { strdup($0) } + [nil]
    defer { for pointer in pointers + variables { free(pointer) } }
    var process: pid_t = 0
    let status = posix_spawn(&process, words[0], &actions, nil, &pointers, &variables)
    close(ends[1])
    defer { close(ends[0]) }
    guard status == 0 else { return (-1, "no program") }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(ends[0], &buffer, buffer.count)
      guard count > 0 else { break }
      output += buffer[..<count]
    }
    var code: Int32 = 0
    waitpid(process, &code, 0)
    let exited = code & 0x7F == 0
    return (exited ? code >> 8 & 0xFF : -1, String(decoding: output, as: UTF8.self))
  }

  /// Whether a program is found in PATH.
  static func exists(_ name: String) -> Bool {
    run(["sh", "-c", "command -v \(name)"]).code == 0
  }
}
