import Testing
import Threads

@testable import Learning

@Suite struct IngestChannelTests {
  /// Whoever finds no free batch goes on once there are enough, however many there are.
  @Test(arguments: 1...9)
  func everyBatchComesThroughInOrder(batches: Int) {
    let channel = IngestChannel(batches: batches, recordsPerBatch: 1)
    let count: UInt64 = 2_000
    let ingest = DedicatedThread(name: "ingest") {
      for number in 1...count {
        guard case .fill(let batch) = channel.nextOrder(delivers: true, holding: nil) else { return }
        batch.epoch = 1
        channel.deliver(.batch(batch))
        // The learner catches up now and then.
        if number % 97 == 0 { channel.deliver(.notice(.caughtUp, epoch: 1)) }
      }
      channel.deliver(.notice(.endOfStream, epoch: 1))
    }
    var received: UInt64 = 0
    var finished: DecodedBatch?
    var isOver = false
    while !isOver {
      // A batch is given back without waiting, as the learner does.
      let milliseconds = finished == nil ? nil : 0
      switch channel.next(returning: finished, epoch: 1, takesBatches: true, milliseconds: milliseconds) {
      case .item(.batch(let batch)):
        received += 1
        finished = batch
        continue
      case .item(.notice(.endOfStream, _)): isOver = true
      default: break
      }
      finished = nil
    }
    ingest.join()
    #expect(received == count)
    #expect(channel.waitingBatches == 0)
  }

  /// The ingest thread is woken for a batch that is returned by a wait, where it can do nothing before.
  @Test(arguments: 1...3)
  func aBatchIsReturnedByAWaitToo(batches: Int) {
    let channel = IngestChannel(batches: batches, recordsPerBatch: 1)
    let count: UInt64 = 500
    let ingest = DedicatedThread(name: "ingest") {
      for _ in 1...count {
        guard case .fill(let batch) = channel.nextOrder(delivers: true, holding: nil) else { return }
        batch.epoch = 1
        channel.deliver(.batch(batch))
      }
    }
    var received: UInt64 = 0
    var finished: DecodedBatch?
    while received < count {
      let work = channel.next(returning: finished, epoch: 1, takesBatches: true, milliseconds: Harness.patience)
      guard case .item(.batch(let batch)) = work else {
        Issue.record("the ingest thread sleeps on")
        break
      }
      finished = batch
      received += 1
    }
    channel.stopIngest()
    ingest.join()
  }
}
