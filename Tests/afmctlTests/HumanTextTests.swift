import Foundation
import Testing

@testable import afmctl

struct HumanTextTests {
  @Test func countsAreGroupedByThousands() {
    #expect(HumanText.count(0) == "0")
    #expect(HumanText.count(999) == "999")
    #expect(HumanText.count(1000) == "1,000")
    #expect(HumanText.count(327_346) == "327,346")
    #expect(HumanText.count(Int64.min) == "-9,223,372,036,854,775,808")
    #expect(HumanText.count(UInt64.max) == "18,446,744,073,709,551,615")
  }

  @Test func bytesHaveTheUnitThatFits() {
    #expect(HumanText.bytes(0) == "0 B")
    #expect(HumanText.bytes(999) == "999 B")
    #expect(HumanText.bytes(1000) == "1.0 kB")
    #expect(HumanText.bytes(999_949) == "999.9 kB")
    #expect(HumanText.bytes(999_951) == "1.0 MB")
    #expect(HumanText.bytes(UInt64.max) == "18.4 EB")
  }

  @Test func durationsShowTheirTwoLargestUnits() {
    #expect(HumanText.duration(seconds: 0.34) == "0.3 s")
    #expect(HumanText.duration(seconds: 9.96) == "10 s")
    #expect(HumanText.duration(seconds: 59.6) == "1 min")
    #expect(HumanText.duration(seconds: 185) == "3 min 5 s")
    #expect(HumanText.duration(seconds: 7440) == "2 h 4 min")
    #expect(HumanText.duration(seconds: 442_800) == "5 d 3 h")
    #expect(HumanText.duration(seconds: -90) == "-1 min 30 s")
    #expect(HumanText.duration(seconds: .infinity) == "?")
    #expect(HumanText.duration(seconds: 1e300) == "1e+300 s")
  }

  @Test func numbersThatAreAbsentAreDashes() {
    #expect(HumanText.decimals(nil, 4) == "-")
    #expect(HumanText.share(nil) == "-")
    #expect(HumanText.share(0.0123) == "1.2 %")
    #expect(HumanText.decimals(-0.00001, 3) == "0.000")
    #expect(HumanText.signed(0.125, 3) == "+0.125")
    #expect(HumanText.signed(-0.125, 3) == "-0.125")
    #expect(HumanText.signed(-0.00001, 3) == "+0.000")
  }

  @Test func nounsFollowTheirNumber() {
    #expect(HumanText.counted(1, "event") == "1 event")
    #expect(HumanText.counted(2000, "event") == "2,000 events")
  }

  @Test func agesComeFromInstantsWithAndWithoutFraction() {
    let now = Date(timeIntervalSince1970: 1_760_000_100)
    #expect(HumanText.age(of: "2025-10-09T08:53:20Z", now: now) == "1 min 40 s ago")
    #expect(HumanText.age(of: "2025-10-09T08:53:20.500Z", now: now) == "1 min 40 s ago")
    #expect(HumanText.age(of: "yesterday", now: now) == "yesterday")
  }
}
