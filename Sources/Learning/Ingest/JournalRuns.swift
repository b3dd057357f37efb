import EventSources

extension DecodedBatch {
  /// Collects the runs of consecutive records of one partition in a slice of the batch into `runs`.
  func collectRuns(_ slice: Range<Int>) {
    runs.removeAll(keepingCapacity: true)
    for index in slice {
      let record = records[index]
      if let last = runs.last, last.partition == record.partition {
        runs[runs.count - 1].nextOffset = record.nextOffset
        runs[runs.count - 1].count &+= 1
      } else {
        runs.append(JournalRun(partition: record.partition, nextOffset: record.nextOffset, count: 1))
      }
    }
  }
}
