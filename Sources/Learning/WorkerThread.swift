import Threads

/// A thread that runs jobs that wait on the disk, one after the other.
final class WorkerThread: Sendable {
  private struct Jobs {
    var waiting: [@Sendable () -> Void] = []
    var stops = false
  }

  private let jobs: Monitor<Jobs>
  private let thread: DedicatedThread

  init(name: String) {
    let jobs = Monitor(Jobs())
    self.jobs = jobs
    thread = DedicatedThread(name: name) {
      while true {
        let next = jobs.wait { jobs -> (@Sendable () -> Void)?? in
          if !jobs.waiting.isEmpty { return .some(jobs.waiting.removeFirst()) }
          return jobs.stops ? .some(nil) : nil
        }
        guard let job = next ?? nil else { return }
        job()
      }
    }
  }

  /// Adds a job; false where the thread is ending.
  func run(_ job: @escaping @Sendable () -> Void) -> Bool {
    jobs.update { jobs in
      if !jobs.stops { jobs.waiting.append(job) }
      return !jobs.stops
    }
  }

  /// Ends the thread after the jobs that wait, and waits for that.
  func stop() {
    jobs.update { $0.stops = true }
    thread.join()
  }
}
