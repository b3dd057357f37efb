import Kafka

/// Tests that have a mock cluster of librdkafka's of their own.
protocol OnMockCluster {
  var cluster: KafkaMockCluster { get }
}

extension OnMockCluster {
  /// What a client needs to reach the cluster.
  var properties: [String: String] { ["bootstrap.servers": cluster.bootstrapServers] }

  /// Puts records into a topic, and waits until they are there.
  func produce(_ texts: [String], to topic: String = "events", partition: Int32 = 0) throws {
    let producer = try KafkaProducer(KafkaConfiguration(properties))
    for text in texts { try producer.produce(text, to: topic, partition: partition) }
    try producer.flush(timeoutMilliseconds: 20_000)
  }
}
