import Analysis
import GPTQ
import TestSupport

/// A difference between two settings whose cause is known, because it was planted.
struct PlantedCase: Sendable, CustomStringConvertible {
  let name: String
  let variant: PlantedModel.Variant
  let suspect: String
  let baseline: String
  /// Any of these may stand at the top; none means that there must be no cause at all.
  let planted: Set<CauseKind>

  var description: String { name }

  init(
    _ name: String, _ variant: PlantedModel.Variant = .plain, suspect: String, baseline: String,
    _ planted: Set<CauseKind>
  ) {
    self.name = name
    self.variant = variant
    self.suspect = suspect
    self.baseline = baseline
    self.planted = planted
  }

  /// Whether the diagnosis says what was planted.
  func isFound(by diagnosis: Diagnosis) -> Bool {
    guard let leading = diagnosis.leadingCause else { return planted.isEmpty }
    return planted.contains(leading.kind)
  }

  static let int4 = "preset: nejumi-int4\n"
  static let int8 = "preset: nejumi-int8\n"
  static let packed = "packer: autogptq-bf16\n"
}
