import JSONReading
import Testing

@testable import FeatureEncoding

/// The quick ways give what the general ones give.
@Suite struct QuickWayTests {
  @Test func aHashInPiecesIsTheHashOfTheWhole() {
    var random = SplitMix(state: 29)
    for prefixLength in 1...40 {
      let name = String(repeating: "n", count: prefixLength)
      let seed = random.next()
      var input = HashInput.make(field: name, separator: FeatureHash.valueSeparator, seed: seed)
      defer { input.destroy() }
      for length in 0...40 {
        let text = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let expected = hash(Array(name.utf8) + [0] + text, seed: seed)
        // Behind the text stand 8 bytes that must not matter.
        let padded = text + (0..<8).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        #expect(padded.withUnsafeBytes { $0.baseAddress.map { input.hash($0, count: length) } } == expected)
        guard length <= 8 else { continue }
        let word = text.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << UInt64($1.offset * 8) }
        #expect(input.hash(word: word, count: length) == expected)
      }
    }
  }

  @Test func aShortNumberIsWrittenAsEveryNumber() {
    var random = SplitMix(state: 31)
    var numbers: [Double] = [0, -0.0, 9, 10, 99, 100, 99_999_999, 100_000_000, -1, 0.5, 8.0, .nan, .infinity]
    numbers += (0..<2_000).map { Double(random.next() % (1 << (1 + $0 % 30))) }
    for number in numbers {
      guard let short = ShortNumber(number) else {
        #expect(!(number >= 0 && number < 100_000_000 && number == number.rounded()))
        continue
      }
      #expect(short.text == NumberText.text(number))
    }
  }

  @Test func timesInARowAreReadAsEachAlone() {
    let digits = Array("0123456789".utf8)
    let dates = ["2013-01-01", "2013-01-02", "2012-02-29", "2013-02-29", "0000-01-01", "9999-12-31", "2013-13-01"]
    let clocks = ["00:00:00", "05:15:00", "23:59:60", "24:00:00", "12:60:00", "12:00:61", "12-00:00", "1a:00:00"]
    let offsets = ["-05:00", "+05:30", "+23:59", "-24:00", "Z", ".1234Z", ".123-05:00", "-05-00", "z"]
    var reading = TimeReading()
    var random = SplitMix(state: 37)
    var taken = 0
    for _ in 0..<20_000 {
      func some(_ texts: [String]) -> String {
        texts[Int(random.next() % 3 == 0 ? random.next() % UInt64(texts.count) : 0)]
      }
      var text = Array((some(dates) + some(["T", "t", " ", "X"]) + some(clocks) + some(offsets)).utf8)
      if random.next() % 4 == 0 {
        let position = Int(random.next() % UInt64(text.count))
        text[position] =
          random.next() % 2 == 0 ? digits[Int(random.next() % 10)] : UInt8(truncatingIfNeeded: random.next())
      }
      let (quick, alone) = text.withUnsafeBytes { (reading.time(of: $0), RFC3339.parse($0)) }
      #expect(quick == alone, "\(String(decoding: text, as: UTF8.self))")
      if alone != nil { taken += 1 }
    }
    #expect(taken > 5_000 && taken < 19_000)
  }

  @Test func nothingIsATimeBeforeThereWasOne() {
    var reading = TimeReading()
    let text = [UInt8](repeating: 0, count: 11) + Array("00:00:00".utf8) + [UInt8](repeating: 0, count: 6)
    #expect(text.withUnsafeBytes { reading.time(of: $0) } == nil)
  }

  private func hash(_ bytes: [UInt8], seed: UInt64) -> UInt64 {
    bytes.withUnsafeBytes { FeatureHash.hash($0, seed: seed) }
  }
}
