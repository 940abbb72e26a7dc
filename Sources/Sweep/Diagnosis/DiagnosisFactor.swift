import Analysis
import Compute
import GPTQ

/// One setting in which two recipes can differ.
struct DiagnosisFactor: Sendable {
  /// Its name in sweep.yaml.
  let key: String
  /// The cause it belongs to.
  let cause: CauseKind
  /// Its value, as it is typed.
  let value: @Sendable (DiagnosisRecipe) -> String
  /// Takes it over from another recipe.
  let copy: @Sendable (_ from: DiagnosisRecipe, _ to: inout DiagnosisRecipe) -> Void

  private init<Value>(
    _ key: String, _ cause: CauseKind,
    _ path: WritableKeyPath<DiagnosisRecipe, Value> & Sendable,
    _ text: @escaping @Sendable (Value) -> String
  ) {
    self.key = key
    self.cause = cause
    value = { text($0[keyPath: path]) }
    copy = { $1[keyPath: path] = $0[keyPath: path] }
  }

  private init<Value: RawRepresentable<String>>(
    _ key: String, _ cause: CauseKind,
    choice path: WritableKeyPath<DiagnosisRecipe, Value> & Sendable
  ) {
    self.init(key, cause, path) { $0.rawValue }
  }

  /// Every setting that is known by name, in the order of a sweep.
  static let all: [DiagnosisFactor] = [
    .init("algorithm", .algorithm, choice: \.config.quantize.algorithm),
    .init("propagation", .propagation, choice: \.config.propagation),
    .init("bits", .bits, \.config.quantize.bits) { "\($0)" },
    .init("group_size", .groupSize, \.config.quantize.groupSize) { "\($0)" },
    .init("sym", .symmetry, \.config.quantize.sym) { "\($0)" },
    .init("desc_act", .columnOrder, \.config.quantize.descAct) { "\($0)" },
    .init("act_group_aware", .columnOrder, \.config.quantize.actGroupAware) { "\($0)" },
    .init("static_groups", .groupScales, \.config.quantize.staticGroups) { "\($0)" },
    .init("group_timing", .groupScales, choice: \.config.quantize.groupTiming),
    .init("scales_dtype", .scalePrecision, choice: \.config.quantize.scalesDtype),
    .init("damp_percent", .damping, \.config.quantize.dampPercent) { "\($0)" },
    .init("rescue", .damping, choice: \.config.quantize.rescue),
    .init("packer", .packing, choice: \.config.packer),
    .init("modules_in_block_to_quantize", .modules, \.config.modules) {
      $0.map { $0.map(\.rawValue).joined(separator: " " as String) } ?? "all"
    },
    .init("lm_head", .modules, \.config.quantizesHead) { "\($0)" },
    .init("dynamic", .modules, \.config.dynamic) { $0.isEmpty ? "none" : "some" },
    .init("calibration", .calibrationData, \.calibration.set) { $0 ?? "as given" },
    .init("calibration_samples", .calibrationData, \.calibration.samples) {
      $0.map { "\($0)" } ?? "all"
    },
    .init("seed", .calibrationDraw, \.calibration.seed) { $0.map { "\($0)" } ?? "none" },
  ]

  /// What no name here covers, taken as one.
  private static let rest = DiagnosisFactor(
    "other_settings", .other, \DiagnosisRecipe.config
  ) { "\($0.label)" }

  /// The settings in which two recipes differ.
  static func between(_ first: DiagnosisRecipe, _ second: DiagnosisRecipe) -> [DiagnosisFactor] {
    var mixed = second
    for factor in all { factor.copy(first, &mixed) }
    let known = all.filter { factor in
      // By copying, because two values may be typed alike.
      var copied = second
      factor.copy(first, &copied)
      return copied != second
    }
    // The rest goes first: it takes over everything, and the others then put theirs back.
    return mixed == first ? known : [rest] + known
  }

  /// The recipe whose factors are `suspect`'s where their bit is set, and `baseline`'s elsewhere.
  static func mix(
    _ factors: [DiagnosisFactor], _ coalition: ShapleyGame.Coalition, suspect: DiagnosisRecipe,
    baseline: DiagnosisRecipe
  ) -> DiagnosisRecipe {
    var recipe = baseline
    for (index, factor) in factors.enumerated() {
      let side = coalition >> ShapleyGame.Coalition(index) & 1 == 1 ? suspect : baseline
      factor.copy(side, &recipe)
    }
    // On the base's own activations gptaq has nothing to make up for: it is gptq.
    if recipe.config.quantize.algorithm == .gptaq, recipe.config.propagation == .shared {
      recipe.config.quantize.algorithm = .gptq
    }
    return recipe
  }
}
