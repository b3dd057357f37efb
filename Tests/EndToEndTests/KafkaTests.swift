import Foundation
import TestSupport
import Testing

/// Everything end to end runs one after the other: the machine's cores belong to the programs under test.
@Suite(.serialized, .enabled(if: Environment.offers(Environment.programs), "needs AFM_PROGRAMS"))
struct EndToEndTests {}

extension EndToEndTests {
  @Suite(.serialized, .enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"))
  struct KafkaTests {
    @Test(arguments: ["4.3", "3.9"])
    func everyFlightIsLearnedExactlyOnce(generation: String) throws {
      let broker = try KafkaBroker(generation: generation)
      try broker.createTopic("flights")
      try broker.produce(try Flights.file(), to: "flights")
      let daemon = try DaemonUnderTest(.init(source: DaemonUnderTest.kafka(broker.bootstrap, topic: "flights")))
      try daemon.start()
      try daemon.waitUntilLearned(Flights.count)
      let status = try daemon.status()
      #expect(try status["events_learned"].number == Double(Flights.count))
      #expect(try status["records.rejected"].number == 0)
      let loss = try status["progressive.whole_run.loss"].number
      print("progressive log loss of \(Flights.count) flights through Kafka \(generation): \(loss)")
      #expect(loss <= 0.435)
      #expect(try daemon.terminate() == 0)
    }
  }
}
