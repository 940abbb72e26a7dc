import Analysis
import Compute
import GPTQ
import Results

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

  /// A setting of the recipe's trial.
  private init(_ setting: TrialSetting) {
    key = setting.key
    cause = setting.cause
    value = { setting.label($0.config) }
    copy = { setting.copy($0.config, &$1.config) }
  }

  /// Every setting that is known by name, in the order of a sweep.
  static let all: [DiagnosisFactor] =
    TrialConfig.settings.filter { $0.column != nil }.map(DiagnosisFactor.init) + [
      .init("calibration", .calibrationData, \.calibration.set) { $0 ?? "as given" },
      .init("calibration_samples", .calibrationData, \.calibration.samples) {
        $0.map { "\($0)" } ?? "all"
      },
      .init("seed", .calibrationDraw, \.calibration.seed) { $0.map { "\($0)" } ?? "none" },
    ]

  /// The settings in which two recipes differ.
  static func between(_ first: DiagnosisRecipe, _ second: DiagnosisRecipe) -> [DiagnosisFactor] {
    all.filter { factor in
      // By copying, because two values may be typed alike.
      var copied = second
      factor.copy(first, &copied)
      return copied != second
    }
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
    // On the base's own activations there is nothing to make up for: gptaq is gptq.
    if recipe.config.propagation == .shared {
      if recipe.config.quantize.algorithm == .gptaq { recipe.config.quantize.algorithm = .gptq }
      recipe.config.quantize.errorPropagation = 0
    }
    // Both make up for the same: the algorithm goes before.
    if recipe.config.quantize.algorithm == .gptaq { recipe.config.quantize.errorPropagation = 0 }
    return recipe
  }
}
