import Testing

@testable import afmctl

struct RatePacerTests {
  @Test func recordsAreDueEvenly() {
    var pacer = RatePacer(perSecond: 4, start: 100)
    #expect(pacer.wait(at: 100) == 0)
    pacer.count()
    #expect(pacer.wait(at: 100) == 0.25)
    #expect(pacer.wait(at: 100.25) == 0)
    pacer.count()
    #expect(pacer.wait(at: 100.25) == 0.25)
  }

  @Test func whatWasMissedIsCaughtUpWith() {
    var pacer = RatePacer(perSecond: 10, start: 0)
    for _ in 0..<10 { pacer.count() }
    #expect(pacer.wait(at: 5) == 0)
  }

  @Test func withoutARateNothingWaits() {
    var pacer = RatePacer(perSecond: nil, start: 0)
    pacer.count()
    #expect(pacer.wait(at: 0) == 0)
  }
}
