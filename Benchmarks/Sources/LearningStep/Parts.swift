import AttentionalFM
import BenchmarkSupport

/// The step of one kind of model over one stream taken apart, in nanoseconds an event: the least of many rounds.
///
/// The step, the prediction and the record are the product's own calls. The table's and the ring's parts are measured
/// alone, on a table of the same content; the passes are what remains.
struct Parts {
  let step, load, forward, backward, publishRows, publishDense, record, score: Double
  let size: Int
  let evictedShare, bytesPerSlot, hugePageShare: Double

  /// The share of the step that goes into publishing rows and dense parameters.
  var publishingShare: Double { (publishRows + publishDense) / step }

  init(_ stream: EventStream, kind: ModelConfiguration.Kind, size: Int) throws {
    let problem = try StepProblem(stream, kind: kind, size: size)
    let table = TablePart(stream, size: kind == .linear ? 0 : size, denseCount: problem.denseCount)
    self.size = size
    evictedShare = problem.evictedShare
    bytesPerSlot = problem.bytesPerSlot
    hugePageShare = HugePages.share
    let rounds = max(3, (size > 16 ? 2 : 60) * 4096 / stream.count)
    func least(_ work: () -> Void) -> Double {
      work()
      var least = UInt64.max
      for _ in 0..<rounds {
        let start = Clock.threadCPU
        work()
        least = min(least, Clock.threadCPU - start)
      }
      return Double(least) / Double(stream.count)
    }
    step = least(problem.learn)
    let predict = least(problem.predict)
    record = least(problem.record)
    score = least(problem.score)
    load = least(table.load)
    publishRows = max(0, least(table.loadAndPublish) - load)
    publishDense = least { table.publishDense(times: stream.count) } / problem.eventsBetweenPublications
    forward = predict - load
    backward = step - predict - publishRows - publishDense - record
  }
}
