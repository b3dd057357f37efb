import AllocationCount
import BenchmarkSupport
import Configuration
import EventSources
import FeatureEncoding
import Features
import JSONReading
import Learning

/// What one pass over all records took.
struct PassResult {
  var records = 0
  var nanoseconds: UInt64 = 0
  var allocations: UInt64 = 0
}

/// A part of the ingest thread's work that can be done alone.
struct IngestStage {
  let name: String
  let pass: () throws -> PassResult
}

/// The parts of the ingest thread's work, each over all flights in batches as large as the daemon's.
final class IngestStages {
  private static let recordsPerBatch = 512

  private let flights: Flights
  private let path: String
  private let schema: Schema
  private let decoder: EventDecoder
  private let reader: JSONReader
  private let selection = JSONSelection(
    paths: ["label", "time", "carrier", "flight", "tailnum", "origin", "dest", "distance"].compactMap { JSONPath($0) })
  private let batch = DecodedBatch(capacity: recordsPerBatch)
  private var features: [Feature] = []
  private var sum: UInt64 = 0

  init(_ flights: Flights, folder: String) throws {
    self.flights = flights
    path = folder + "/flights.ndjson"
    try flights.write(copies: 1, to: path)
    schema = try DaemonSettings.read(text: FlightsSettings.text(folder: folder, flights: path)).schema
    decoder = try EventDecoder(schema)
    reader = JSONReader()
  }

  var all: [IngestStage] {
    [
      IngestStage(name: "read lines of a file") { try self.passOverFile { self.sum &+= UInt64($0.records.count) } },
      IngestStage(name: "parse JSON whole (simdjson)") { try self.passOverLines { try self.parse($0) } },
      IngestStage(name: "select the wanted values") { try self.passOverLines { try self.select($0) } },
      IngestStage(name: "hash nine features") { try self.passOverHashes() },
      IngestStage(name: "decode and hash") { try self.passOverLines { try self.decode($0) } },
      IngestStage(name: "checksum") { try self.passOverRecords { self.checksum($0) } },
      IngestStage(name: "fill a batch: decode, hash, checksum, copy") { try self.passOverRecords { self.fill($0) } },
      IngestStage(name: "read lines and fill batches") { try self.passOverFile { self.fill($0) } },
    ]
  }

  private func parse(_ line: UnsafeRawBufferPointer) throws {
    sum &+= UInt64(try reader.parse(line).place)
  }

  private func select(_ line: UnsafeRawBufferPointer) throws {
    if try reader.select(selection, from: line), selection.value(0) != nil { sum &+= 1 }
  }

  private func decode(_ line: UnsafeRawBufferPointer) throws {
    if features.count > 8_192 { features.removeAll(keepingCapacity: true) }
    sum &+= UInt64(try decoder.decode(line, into: &features).features.count)
  }

  private func checksum(_ batch: RecordBatch) {
    for record in batch.records { sum &+= record.checksum.value }
  }

  private func fill(_ records: RecordBatch) {
    batch.fill(records, epoch: 1, decoder: decoder)
  }

  private func passOverLines(_ work: (UnsafeRawBufferPointer) throws -> Void) throws -> PassResult {
    try flights.bytes.withUnsafeBytes { bytes in
      try measure {
        for line in flights.lines { try work(UnsafeRawBufferPointer(rebasing: bytes[line])) }
        return flights.lines.count
      }
    }
  }

  private func passOverRecords(_ work: (RecordBatch) -> Void) throws -> PassResult {
    flights.bytes.withUnsafeBytes { bytes in
      let records = flights.lines.map { line in
        SourceRecord(
          bytes: UnsafeRawBufferPointer(rebasing: bytes[line]), partition: 0, offset: Int64(line.lowerBound),
          nextOffset: Int64(line.upperBound + 1), timestamp: -1)
      }
      return records.withUnsafeBufferPointer { records in
        measure {
          for start in stride(from: 0, to: records.count, by: Self.recordsPerBatch) {
            let end = min(start + Self.recordsPerBatch, records.count)
            work(RecordBatch(records: UnsafeBufferPointer(rebasing: records[start..<end])))
          }
          return records.count
        }
      }
    }
  }

  private func passOverFile(_ work: (RecordBatch) -> Void) throws -> PassResult {
    let source = try FileSource(FileSourceSettings(path: path))
    _ = try source.start(at: nil, missing: .earliest, replaying: [])
    defer { source.close() }
    return try measure {
      var count = 0
      while true {
        switch source.nextBatch(maximum: Self.recordsPerBatch, timeoutMilliseconds: 0, work) {
        case .records(let records): count += records
        case .endOfStream: return count
        case .idle, .problem: throw BenchmarkProblem("\(path) could not be read to its end")
        }
      }
    }
  }

  /// The byte strings that the features of a flight are hashed from have these lengths with the nine fields.
  private func passOverHashes() throws -> PassResult {
    let texts = [
      "date\u{0}2013-01-01", "day_of_week\u{0}2", "hour\u{0}5", "carrier\u{0}UA", "flight\u{0}UA1545",
      "tailnum\u{0}N14228", "origin\u{0}EWR", "dest\u{0}IAH", "distance\u{0}5",
    ].map { Array($0.utf8) }
    return measure {
      for index in 0..<flights.lines.count {
        for text in texts { sum &+= text.withUnsafeBytes { FeatureHash.hash($0, seed: UInt64(index)) } }
      }
      return flights.lines.count
    }
  }

  private func measure(_ work: () throws -> Int) rethrows -> PassResult {
    let allocations = allocation_count()
    let start = Clock.threadCPU
    let records = try work()
    return PassResult(
      records: records, nanoseconds: Clock.threadCPU - start, allocations: allocation_count() - allocations)
  }
}
