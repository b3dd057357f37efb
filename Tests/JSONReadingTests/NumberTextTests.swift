import Testing

@testable import JSONReading

@Suite struct NumberTextTests {
  @Test(arguments: [
    (8.0, "8"), (-0.0, "0"), (0.0, "0"), (0.1, "0.1"), (-12.5, "-12.5"), (12.658579999999999, "12.658579999999999"),
    (0.0001, "0.0001"), (0.00001, "1e-05"), (1e15, "1000000000000000"), (9.1e18, "9100000000000000000"),
    (1.8e19, "18000000000000000000"), (1e20, "1e+20"), (1.5e300, "1.5e+300"), (.leastNonzeroMagnitude, "5e-324"),
    (-1e22, "-1e+22"),
    (4503599627370495.5, "4503599627370495.5"), (.infinity, ""), (.nan, ""),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
  ])
  func numbersHaveOneForm(number: Double, expected: String) {
    #expect(NumberText.text(number) == expected)
  }

  @Test func numbersThatAreNotWholeAreWrittenAsSwiftDoes() {
    var random = SplitMix(state: 7)
    for round in 0..<20_000 {
      let number: Double
      if round % 2 == 0 {
        number = Double(bitPattern: random.next())
      } else {
        number = Double(Int64(bitPattern: random.next()) % 1_000_000_000) / 100_000
      }
      guard number.isFinite, number != number.rounded() else { continue }
      #expect(NumberText.text(number) == number.description)
    }
  }

  @Test func wholeNumbersAreDigits() {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: NumberText.maximumLength) { bytes in
      guard let start = bytes.baseAddress else { return }
      for number in [0, 1, 9, 10, 99, 100, Int64.max, -1, .min, 1_234_567_890] as [Int64] {
        #expect(String(decoding: bytes.prefix(NumberText.write(number, to: start)), as: UTF8.self) == "\(number)")
      }
      #expect(String(decoding: bytes.prefix(NumberText.write(UInt64.max, to: start)), as: UTF8.self) == "\(UInt64.max)")
    }
  }
}
