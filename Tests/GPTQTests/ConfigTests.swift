import Basics
import GPTQ
import Testing

@Suite("Settings")
struct ConfigTests {
  @Test(arguments: [0, 1, 9, 16, -4])
  func refusesBits(bits: Int) {
    let config = QuantizeConfig.with { $0.bits = bits }
    #expect(throws: InputError.self) { try config.validate() }
  }

  @Test(arguments: [0, -2, 1, 4, 7, 12, 100, -8, Int.min])
  func refusesGroupSize(groupSize: Int) {
    let config = QuantizeConfig.with { $0.groupSize = groupSize }
    #expect(throws: InputError.self) { try config.validate() }
  }

  @Test(arguments: [-0.01, .nan, .infinity, -.infinity])
  func refusesDamp(damp: Double) {
    let config = QuantizeConfig.with { $0.dampPercent = damp }
    #expect(throws: InputError.self) { try config.validate() }
  }

  @Test(arguments: 2...8, [-1, 8, 24, 128, 1024])
  func acceptsTheRest(bits: Int, groupSize: Int) throws {
    for damp in [0, 0.01, 1.5] {
      try QuantizeConfig.with {
        ($0.bits, $0.groupSize, $0.dampPercent) = (bits, groupSize, damp)
      }.validate()
    }
  }

  @Test("errors are the user's: exit code 64")
  func kind() {
    do {
      try QuantizeConfig.with { $0.bits = 5 }.validate()
    } catch {
      #expect(error.kind == .usage)
    }
  }

  @Test("a group size that leaves a short group is warned of, with one that does not")
  func shortGroup() {
    let config = QuantizeConfig()
    #expect(config.warnings(inFeatures: 4096).isEmpty)
    #expect(config.groupCount(inFeatures: 576) == 5)
    let warnings = config.warnings(inFeatures: 576)
    #expect(warnings.count == 1)
    #expect(warnings.first?.contains("vLLM") == true)
    #expect(warnings.first?.contains("group_size 64 divides it") == true)
    #expect(QuantizeConfig.with { $0.groupSize = -1 }.groupCount(inFeatures: 576) == 1)
  }

  @Test("surprises are said: a percentage for a fraction, static groups without groups")
  func otherWarnings() {
    #expect(QuantizeConfig.with { $0.dampPercent = 1 }.warnings(inFeatures: 128).count == 1)
    let config = QuantizeConfig.with { ($0.groupSize, $0.staticGroups) = (-1, true) }
    #expect(config.warnings(inFeatures: 128).count == 1)
  }
}
