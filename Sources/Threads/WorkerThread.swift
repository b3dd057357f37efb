/// A thread that runs jobs one after the other: for work that waits on the disk, off the threads that must not.
public final class WorkerThread: Sendable {
  private struct Jobs {
    var waiting: [@Sendable () -> Void] = []
    var stops = false
  }

  private let jobs: Monitor<Jobs>
  private let thread: DedicatedThread

  /// Starts the thread; `nice` is that of `DedicatedThread`.
  public init(name: String, nice: Int32 = 0) {
    let jobs = Monitor(Jobs())
    self.jobs = jobs
    thread = DedicatedThread(name: name, nice: nice) {
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

  /// Adds a job; false where the thread is ending and the job will never run.
  public func run(_ job: @escaping @Sendable () -> Void) -> Bool {
    jobs.update { jobs in
      if !jobs.stops { jobs.waiting.append(job) }
      return !jobs.stops
    }
  }

  /// Ends the thread after the jobs that wait, and waits for that; to be called once.
  public func stop() {
    jobs.update { $0.stops = true }
    thread.join()
  }
}
