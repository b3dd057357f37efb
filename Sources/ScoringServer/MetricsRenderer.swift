import Observability
import Threads

/// Writes the metrics on a thread of its own: there may be thousands of lines, which no score waits for.
///
/// Those that ask while a text is being written share the next one.
final class MetricsRenderer: Sendable {
  private let registry: Metrics
  private let waiting = Lock<[@Sendable ([UInt8]) -> Void]>([])
  private let worker = WorkerThread(name: "metrics", nice: 10)

  init(_ registry: Metrics) {
    self.registry = registry
  }

  /// Asks for the text; `completion` is called once, on any thread, with nothing where the server is ending.
  func render(_ completion: @escaping @Sendable ([UInt8]) -> Void) {
    let isFirst = waiting.withLock { waiting in
      waiting.append(completion)
      return waiting.count == 1
    }
    guard isFirst else { return }
    if !worker.run({ [self] in answer() }) { take().forEach { $0([]) } }
  }

  /// Ends the thread; to be called once.
  func stop() {
    worker.stop()
  }

  private func answer() {
    let asking = take()
    let text = Array(registry.text().utf8)
    asking.forEach { $0(text) }
  }

  private func take() -> [@Sendable ([UInt8]) -> Void] {
    waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
  }
}
