import CRdKafka
import CRdKafkaSupport

/// librdkafka's own imitation of a Kafka cluster, inside this process, on loopback ports the system picks.
///
/// It keeps 5 MB or 100,000 message sets a partition and forgets everything when it ends. Other processes may use it.
/// Thread rule: librdkafka serves it on a thread of its own; one thread of ours calls the methods here.
public final class KafkaMockCluster {
  /// Requests whose answers can be made to fail, by their number in Kafka's protocol.
  public enum Request: Int16, Sendable {
    /// Produce.
    case produce = 0
    /// Fetch.
    case fetch = 1
    /// ListOffsets, which asks for watermarks.
    case listOffsets = 2
    /// Metadata.
    case metadata = 3
    /// OffsetCommit.
    case offsetCommit = 8
    /// FindCoordinator.
    case findCoordinator = 10
  }

  private let handle: KafkaHandle
  private let cluster: OpaquePointer

  /// The number of brokers, which are numbered from 1.
  public let brokerCount: Int32

  /// Starts a cluster.
  public init(brokers: Int32 = 1, report: @escaping @Sendable (KafkaEvent) -> Void = { _ in }) throws(KafkaError) {
    // The cluster needs an instance to live in; this one connects to nothing.
    handle = try KafkaHandle(RD_KAFKA_PRODUCER, KafkaConfiguration(["client.id": "mock cluster"]), report: report)
    guard let cluster = rd_kafka_mock_cluster_new(handle.native, brokers) else {
      throw KafkaError(code: .other, text: "librdkafka could not start its mock cluster: no free loopback port?")
    }
    self.cluster = cluster
    brokerCount = brokers
  }

  deinit {
    rd_kafka_mock_cluster_destroy(cluster)
  }

  /// The addresses of its brokers, for `bootstrap.servers`.
  public var bootstrapServers: String {
    rd_kafka_mock_cluster_bootstraps(cluster).map { String(cString: $0) } ?? ""
  }

  /// Makes a topic; topics that are merely used come into being with 4 partitions.
  public func createTopic(_ name: String, partitions: Int32) throws(KafkaError) {
    try check(rd_kafka_mock_topic_create(cluster, name, partitions, min(brokerCount, 3)))
  }

  /// Makes a topic fail with one of Kafka's error numbers; 0 heals it.
  public func failTopic(_ name: String, error: Int32) {
    rd_kafka_mock_topic_set_error(cluster, name, rd_kafka_resp_err_t(error))
  }

  /// Ends a broker's connections and accepts no new ones.
  public func setDown(broker: Int32) throws(KafkaError) {
    try check(rd_kafka_mock_broker_set_down(cluster, broker))
  }

  /// Lets a broker accept connections again.
  public func setUp(broker: Int32) throws(KafkaError) {
    try check(rd_kafka_mock_broker_set_up(cluster, broker))
  }

  /// Delays every answer of a broker.
  public func setRoundTripTime(broker: Int32, milliseconds: Int32) throws(KafkaError) {
    try check(rd_kafka_mock_broker_set_rtt(cluster, broker, milliseconds))
  }

  /// Makes another broker the leader of a partition.
  public func setLeader(topic: String, partition: Int32, broker: Int32) throws(KafkaError) {
    try check(rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker))
  }

  /// Makes a broker answer its next request of one kind with one of Kafka's error numbers (or, with a negative one
  /// such as -195, close the connection), after a delay.
  public func failNext(_ request: Request, broker: Int32, error: Int32, delayMilliseconds: Int32 = 0)
    throws(KafkaError)
  {
    try check(
      afm_kafka_mock_push_error(
        cluster, broker, request.rawValue, rd_kafka_resp_err_t(error), delayMilliseconds))
  }

  private func check(_ error: rd_kafka_resp_err_t) throws(KafkaError) {
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
  }
}
