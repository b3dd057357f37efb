import Testing

@testable import Threads

@Suite struct MonitorTests {
  @Test func aWaiterIsWokenByAnUpdate() {
    let monitor = Monitor(0)
    let thread = DedicatedThread(name: "counter") {
      for _ in 0..<1000 { monitor.update { $0 += 1 } }
    }
    let seen = monitor.wait { value in value == 1000 ? value : nil }
    thread.join()
    #expect(seen == 1000)
  }

  @Test func aWaitEndsAtItsDeadline() {
    let monitor = Monitor(0)
    let seen: Int? = monitor.wait(milliseconds: 1) { _ in nil }
    #expect(seen == nil)
  }

  @Test func aLockLetsOneThreadInAtATime() {
    let lock = Lock(0)
    let threads = (0..<4).map { index in
      DedicatedThread(name: "adder \(index)") {
        for _ in 0..<10_000 { lock.withLock { $0 += 1 } }
      }
    }
    for thread in threads { thread.join() }
    #expect(lock.withLock { $0 } == 40_000)
  }

  @Test("A time that has passed already is not waited for", arguments: [0, -1, -1500, Int.min])
  func pastDeadline(milliseconds: Int) {
    let monitor = Monitor(0)
    #expect(monitor.wait(milliseconds: milliseconds) { _ in nil as Int? } == nil)
  }
}
