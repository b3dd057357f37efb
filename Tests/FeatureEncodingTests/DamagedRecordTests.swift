import Features
import Foundation
import JSONReading
import TestSupport
import Testing

@testable import FeatureEncoding

@Suite struct DamagedRecordTests {
  @Test func everyTruncationIsRejected() throws {
    let decoder = try EventDecoder(flightsSchema)
    let bytes = Array(flight.utf8)
    #expect(rejection(bytes, decoder) == nil)
    for length in 0..<bytes.count {
      let rejected = rejection(Array(bytes.prefix(length)), decoder)
      #expect(rejected?.reason == (length == 0 ? .empty : .badJSON))
    }
  }

  @Test func noMutationDoesMoreThanBeingRejected() throws {
    let decoder = try EventDecoder(flightsSchema)
    let bytes = Array(flight.utf8)
    var random = SplitMix(state: 11)
    var taken = 0
    for _ in 0..<30_000 {
      var record = bytes
      for _ in 0...(random.next() % 3) {
        let position = Int(random.next() % UInt64(record.count))
        switch random.next() % 4 {
        case 0: record[position] = UInt8(truncatingIfNeeded: random.next())
        case 1: record.remove(at: position)
        case 2: record.insert(UInt8(truncatingIfNeeded: random.next() % 128), at: position)
        default: record.swapAt(position, Int(random.next() % UInt64(record.count)))
        }
      }
      if rejection(record, decoder) == nil { taken += 1 }
    }
    #expect(taken > 1_000 && taken < 29_000)
  }

  @Test func randomBytesAreRejected() throws {
    let decoder = try EventDecoder(flightsSchema)
    var random = SplitMix(state: 13)
    for _ in 0..<20_000 {
      let record = (0..<(random.next() % 200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      #expect(rejection(record, decoder) != nil)
    }
  }

  private let huge =
    Array(#"{"label":1,"carrier":""#.utf8) + Array(repeating: 0x78, count: 10_000_000) + Array(#""}"#.utf8)

  /// Damaged records as producers make them, each with the reason it must be counted under.
  private func damaged(_ number: Int) -> ([UInt8], RejectionReason) {
    let good = Array(flight.utf8)
    func replacing(_ part: String, _ with: String) -> [UInt8] {
      Array(flight.replacingOccurrences(of: part, with: with).utf8)
    }
    switch number % 10 {
    case 0: return (Array(good.prefix(1 + number % (good.count - 1))), .badJSON)
    case 1: return (replacing("\"label\":0", "\"label\":\"zero\""), .badLabel)
    case 2: return (replacing("1400.0", "NaN"), .notFinite)
    case 3: return (replacing("1400.0", "1e400"), .notFinite)
    case 4: return (huge, .recordTooLarge)
    case 5:
      let depth = 33 + number
      return (
        replacing("1400.0", String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)), .tooDeep
      )
    case 6: return (good.map { $0 == UInt8(ascii: "N") ? 0xFF : $0 }, .invalidUTF8)
    case 7: return ([], .empty)
    case 8: return (replacing("\"label\":0,", ""), .noLabel)
    default: return (replacing("1400.0", "\"far\""), .badField)
    }
  }

  @Test func aThousandDamagedRecordsAmongGoodOnesAreCountedByReason() throws {
    let decoder = try EventDecoder(flightsSchema)
    let good = Array(flight.utf8)
    var expectedFeatures: [Feature] = []
    _ = try decoder.decode(flight, into: &expectedFeatures)
    var counts: [RejectionReason: Int] = [:]
    for number in 0..<1_000 {
      let (record, reason) = damaged(number)
      let rejected = try #require(rejection(record, decoder))
      #expect(rejected.reason == reason)
      counts[rejected.reason, default: 0] += 1
      var features: [Feature] = []
      _ = try good.withUnsafeBytes { try decoder.decode($0, into: &features) }
      #expect(features == expectedFeatures)
    }
    #expect(counts[.notFinite] == 200)
    #expect(counts.count == 9 && counts.values.allSatisfy { $0 % 100 == 0 })
  }

  @Test(.enabled(if: Environment.offers(Environment.shared), "needs AFM_SHARED"))
  func flightsAreDecoded() throws {
    let shared = try #require(Environment.shared)
    let decoder = try EventDecoder(flightsSchema)
    let lines = try SharedData.lines(of: shared.appendingPathComponent("data/flights.ndjson.xz"))
    #expect(lines.count == 327_346)
    var features: [Feature] = []
    var late = 0.0
    var most = 0
    let sample = stride(from: 0, to: lines.count, by: 8).map { lines[$0] }
    for line in sample {
      features.removeAll(keepingCapacity: true)
      let event = try line.withUnsafeBytes { try decoder.decode($0, into: &features) }
      late += Double(event.label)
      most = max(most, event.features.count)
      #expect(event.eventTime != nil)
    }
    #expect(most == 11)
    #expect(abs(late / Double(sample.count) - 0.245) < 0.003)
  }
}
