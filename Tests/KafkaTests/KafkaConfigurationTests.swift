import Testing

@testable import Kafka

@Suite struct KafkaConfigurationTests {
  @Test func anUnknownPropertyIsNamed() {
    let error = #expect(throws: KafkaError.self) {
      try KafkaConfiguration(["fetch.wait.max.msec": "5"]).validate()
    }
    #expect(error?.code == .unknownProperty)
    #expect(error?.property == "fetch.wait.max.msec")
    #expect(error?.description.contains("\"fetch.wait.max.msec\"") == true)
  }

  @Test func anImpossibleValueIsNamed() {
    let error = #expect(throws: KafkaError.self) {
      try KafkaConfiguration(["fetch.wait.max.ms": "often"]).validate()
    }
    #expect(error?.code == .invalidProperty)
    #expect(error?.property == "fetch.wait.max.ms")
  }

  @Test func everyGoodPropertyPasses() throws {
    try KafkaConfiguration(KafkaConsumer.defaults.merging(KafkaConsumer.required) { first, _ in first }).validate()
  }

  @Test func positionsAreNotLeftToTheBroker() {
    let error = #expect(throws: KafkaError.self) {
      try KafkaConsumer(KafkaConfiguration(["enable.auto.commit": "true"]))
    }
    #expect(error?.property == "enable.auto.commit")
  }

  @Test func aRefusedScramLoginNamesBothCausesAndTheRemedy() {
    let scram = KafkaConfiguration(["sasl.mechanism": "SCRAM-SHA-256"])
    let explained = scram.explanation(of: "SASL authentication error: Authentication failed")
    if KafkaLibrary.scramWorksWithKafka4 {
      #expect(explained == "SASL authentication error: Authentication failed")
    } else {
      #expect(explained.contains("password is wrong"))
      #expect(explained.contains("Kafka 4.0 or newer"))
      #expect(explained.contains("2.6.1"))
      #expect(explained.contains("SASL/PLAIN over TLS"))
    }
    #expect(KafkaConfiguration(["sasl.mechanism": "PLAIN"]).explanation(of: "no") == "no")
  }

  @Test func theLibraryTellsItsVersion() {
    #expect(KafkaLibrary.versionNumber >= 0x0200_02ff)
    #expect(KafkaLibrary.version.contains("."))
  }
}
