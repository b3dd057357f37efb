import Foundation
import JSONReading
import Testing

@testable import FeatureEncoding

@Suite struct TimeTests {
  private func parse(_ text: String) -> WrittenTime? {
    Array(text.utf8).withUnsafeBytes { RFC3339.parse($0) }
  }

  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0, 0), ("2013-01-01T05:15:00-05:00", 1_357_035_300_000, -18_000),
      ("2000-02-29t23:59:59.1234z", 951_868_799_123, 0), ("1969-12-31 23:59:59.5+00:00", -500, 0),
      ("2016-12-31T23:59:60Z", 1_483_228_800_000, 0), ("0000-01-01T00:00:00Z", -62_167_219_200_000, 0),
      ("9999-12-31T23:59:59.999999999Z", 253_402_300_799_999, 0),
      ("2024-07-01T12:00:00+05:30", 1_719_815_400_000, 19_800),
    ] as [(String, Int64, Int64)])
  func timesAreRead(text: String, milliseconds: Int64, offset: Int64) {
    #expect(parse(text) == WrittenTime(milliseconds: milliseconds, offset: offset))
  }

  @Test(arguments: [
    "", "2013-01-01", "2013-01-01T05:15:00", "2013-13-01T05:15:00Z", "2013-00-01T05:15:00Z", "2013-02-29T05:15:00Z",
    "2013-01-32T05:15:00Z", "2013-01-00T05:15:00Z", "2013-01-01T24:00:00Z", "2013-01-01T05:60:00Z",
    "2013-01-01T05:15:61Z", "2013-01-01T05:15:00.Z", "2013-01-01T05:15:00.5", "2013-01-01T05:15:00Zx",
    "2013-01-01T05:15:00+0500", "2013-01-01T05:15:00+05", "2013-01-01T05:15:00+24:00", "2013-01-01T05:15:00+05:60",
    "x013-01-01T05:15:00Z", "2013/01/01T05:15:00Z", "2013-01-01X05:15:00Z", "+013-01-01T05:15:00Z",
  ])
  func whatIsNoTimeIsNotRead(text: String) {
    #expect(parse(text) == nil)
  }

  @Test func theCalendarGoesThereAndBack() {
    for days in stride(from: Int64(-719_528), through: 2_932_896, by: 97) {
      let date = CivilTime.date(days: days)
      #expect(CivilTime.days(year: date.year, month: date.month, day: date.day) == days)
    }
  }

  private func part(_ part: TimePart, _ value: String, _ format: TimeFormat = .rfc3339, zone: String? = nil) throws
    -> [Expected]
  {
    try encode(
      #"{"t":\#(value)}"#,
      FieldDefinition(name: "t", kind: .time(part: part, format: format, zone: zone.map { TimeZoneName($0) })))
  }

  @Test func partsAreTakenInTheWrittenOffset() throws {
    let time = #""2013-01-01T23:15:00-05:00""#
    #expect(try part(.date, time) == [.categorical("t", "2013-01-01")])
    #expect(try part(.month, time) == [.categorical("t", "1")])
    #expect(try part(.dayOfWeek, time) == [.categorical("t", "2")])
    #expect(try part(.hour, time) == [.categorical("t", "23")])
    #expect(try part(.hour, #""1969-12-31T00:00:00Z""#) == [.categorical("t", "0")])
    #expect(try part(.dayOfWeek, #""1969-12-28T00:00:00Z""#) == [.categorical("t", "7")])
    #expect(try part(.date, #""0000-01-01T00:00:00+00:00""#) == [.categorical("t", "0000-01-01")])
  }

  @Test func partsAreTakenInAConfiguredZone() throws {
    let time = #""2013-01-01T23:15:00-05:00""#
    #expect(try part(.hour, time, zone: "UTC") == [.categorical("t", "4")])
    #expect(try part(.date, time, zone: "UTC") == [.categorical("t", "2013-01-02")])
    #expect(try part(.hour, time, zone: "+05:30") == [.categorical("t", "9")])
    #expect(try part(.hour, time, zone: "America/New_York") == [.categorical("t", "23")])
    #expect(try part(.hour, #""2013-07-01T12:00:00Z""#, zone: "Europe/Berlin") == [.categorical("t", "14")])
    #expect(try part(.hour, #""2013-12-01T12:00:00Z""#, zone: "Europe/Berlin") == [.categorical("t", "13")])
    // The last second of winter time, and the first of summer time.
    #expect(try part(.hour, #""2013-03-31T00:59:59Z""#, zone: "Europe/Berlin") == [.categorical("t", "1")])
    #expect(try part(.hour, #""2013-03-31T01:00:00Z""#, zone: "Europe/Berlin") == [.categorical("t", "3")])
  }

  @Test(arguments: ["Europe/Berlin", "America/New_York", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Kathmandu"])
  func offsetsAreThoseOfTheSystem(name: String) throws {
    let offsets = try #require(ZoneOffsets(TimeZoneName(name)))
    let zone = try #require(TimeZone(identifier: name))
    var random = SplitMix(state: 3)
    for _ in 0..<2_000 {
      let seconds = Int64(random.next() % 4_200_000_000)
      let expected = Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
      #expect(offsets.offset(at: seconds) == expected)
    }
  }

  @Test func numbersAreTimesToo() throws {
    #expect(try part(.hour, "1357035300", .seconds) == [.categorical("t", "10")])
    #expect(try part(.hour, "1357035300.75", .seconds) == [.categorical("t", "10")])
    #expect(try part(.date, "1357035300000", .milliseconds) == [.categorical("t", "2013-01-01")])
    #expect(try part(.date, "-1", .milliseconds) == [.categorical("t", "1969-12-31")])
    for value in ["1e300", "-1e300", "9223372036854775807", "18446744073709551615", #""1357035300""#, "true"] {
      #expect(throws: RejectedRecord.self) { try part(.date, value, .seconds) }
    }
  }

  @Test func theLogarithmIsRight() {
    for x in [0, 1e-300, 1e-18, 1e-10, 0.001, 0.3, 0.5, 1, 2, 3.14, 1e5, 1e100, 1.7e308, -1e-9, -0.3, -0.5, -0.999999] {
      let expected = log1p(x)
      #expect(abs(NumericTransform.logarithm(onePlus: x) - expected) <= 4e-16 * abs(expected), "\(x)")
    }
    #expect(NumericTransform.logarithm(onePlus: -1).isNaN)
    #expect(NumericTransform.logarithm(onePlus: -2).isNaN)
  }
}
