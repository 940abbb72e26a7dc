import Analysis
import Foundation
import Testing

@Suite("What a gain of another reading is worth")
struct ReadingGainTests {
  /// `parts` says whether single parts are read otherwise, or all of the checkpoint.
  struct Case: Sendable {
    var defect: AuditDefect
    var bits: Int
    var gain: Double
    var t: Double
    var parts: Bool
    var isSignificant: Bool
  }

  @Test(
    "healthy checkpoints of SmolLM2-135M stay below, faults of the demo model above",
    arguments: [
      // Healthy, as measured.
      Case(
        defect: .differentFunction, bits: 3, gain: 1.54, t: 9.6, parts: true, isSignificant: false),
      Case(
        defect: .exchangedTensor, bits: 3, gain: 0.65, t: 5.7, parts: true, isSignificant: false),
      Case(
        defect: .differentFunction, bits: 4, gain: 0.10, t: 1.2, parts: true, isSignificant: false),
      Case(
        defect: .differentFunction, bits: 8, gain: 0.02, t: 1.1, parts: true, isSignificant: false),
      // Faults: two layers exchanged, columns of a down_proj, rows in the rotary order.
      Case(defect: .exchangedTensor, bits: 4, gain: 0.32, t: 6, parts: true, isSignificant: true),
      Case(defect: .differentFunction, bits: 4, gain: 0.35, t: 6, parts: true, isSignificant: true),
      Case(defect: .rowOrder, bits: 4, gain: 1.30, t: 12, parts: false, isSignificant: true),
      Case(defect: .rowOrder, bits: 3, gain: 0.8, t: 12, parts: false, isSignificant: true),
      Case(defect: .rowOrder, bits: 2, gain: 3, t: 12, parts: false, isSignificant: false),
      Case(defect: .rowOrder, bits: 4, gain: 1.30, t: 3, parts: false, isSignificant: false),
    ])
  func rule(_ one: Case) throws {
    let json = """
      {"reading": "x", "defect": "\(one.defect.rawValue)", "gain": \(one.gain), "t": \(one.t),
       "parts": \(one.parts ? "[\"model.layers.1\"]" : "[]"), "early_gain": \(one.gain)}
      """
    let gain = try JSONDecoder().decode(ReadingGain.self, from: Data(json.utf8))
    #expect(gain.isSignificant(bits: one.bits) == one.isSignificant)
  }
}
