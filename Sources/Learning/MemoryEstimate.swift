import Features

extension LearningSettings {
  /// The bytes that the batches between ingest thread and learner take, with records of a usual size: 16 features and
  /// 512 bytes each.
  public var queueBytes: UInt64 {
    let record = MemoryLayout<DecodedRecord>.stride + 16 * MemoryLayout<Feature>.stride + 512
    let batch = UInt64(clamping: recordsPerBatch).multipliedReportingOverflow(by: UInt64(record))
    let all = batch.partialValue.multipliedReportingOverflow(by: UInt64(clamping: queueBatches) &+ 1)
    return batch.overflow || all.overflow ? .max : all.partialValue
  }
}
