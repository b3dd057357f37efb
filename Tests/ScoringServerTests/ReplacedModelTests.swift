import AttentionalFM
import Features
import Glibc
import LiveModel
import Testing

@testable import ScoringServer

@Suite("A replaced model") struct ReplacedModelTests {
  @Test("is let go of by loops that no request reaches")
  func isReleased() throws {
    let fixture = try Fixture(loops: 3)
    weak let replaced = fixture.reference.current
    let model = try Model(configuration: ModelConfiguration(layout: FieldLayout(names: ["a"]), tableSlots: 8))
    fixture.reference.swap(to: try LiveModel(model))
    // Half a second on an idle machine.
    for _ in 0..<3_000 where replaced != nil { usleep(20_000) }
    #expect(replaced == nil)
  }
}
