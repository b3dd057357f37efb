import CommandTable
import Version

/// The command line of afm-broker.
enum BrokerProgram {
  static let declaration = Program(
    name: "afm-broker",
    summary: "a small Kafka to try things with, in memory, on this machine alone",
    discussion: [
      "Starts librdkafka's own imitation of a Kafka cluster on loopback ports that the system picks, prints its "
        + "address for bootstrap.servers, and serves any Kafka client on this machine until it is ended.",
      "It is no Kafka. It keeps the newest 5 MB (or 100,000 message sets) of each partition and drops what is older, it "
        + "forgets everything when it exits, and it knows no retention settings, no transactions' isolation, no "
        + "passwords and no administration. Topics that are merely used come into being with 4 partitions.",
      "SIGTERM and SIGINT end it.",
    ],
    version: SoftwareVersion.number,
    options: [
      CommandOption(
        "topic", letter: "t", kind: .text, valueName: "NAME", repeats: true,
        help: "make a topic of this name (default: events)"),
      CommandOption(
        "partitions", letter: "p", kind: .integer(1...1024), valueName: "N", defaultValue: "1",
        help: "how many partitions each of those topics has"),
      CommandOption(
        "brokers", letter: "b", kind: .integer(1...16), valueName: "N", defaultValue: "1",
        help: "how many brokers the cluster has"),
      CommandOption(
        "bootstrap-file", kind: .path, valueName: "FILE",
        help: "also write the address to this file, once clients can connect; it is removed at the end"),
      CommandOption(
        "exit-with-parent", help: "end when the process that started this one has ended"),
      CommandOption(
        "exit-with-input", help: "end when standard input is closed"),
    ],
    examples: [
      (
        "afm-broker --topic events --partitions 4", "a topic of four partitions; prints an address like 127.0.0.1:40123"
      ),
      (
        "KAFKA_BOOTSTRAP=127.0.0.1:40123 afmd --config afmd.yaml",
        "a daemon that reads from it, where the settings say ${KAFKA_BOOTSTRAP}"
      ),
    ],
    exitCodes: [
      (0, "it was ended by a signal, by its parent's end or by its input's"),
      (64, "the command line is wrong"),
      (71, "the cluster could not be started"),
      (73, "the bootstrap file could not be written"),
    ],
    seeAlso: ["afmd(8)", "afmctl(1)"])
}
