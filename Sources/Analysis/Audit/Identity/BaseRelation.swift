import Foundation

/// Whether the base that was given is the model that was quantized, as the sizes of the differences
/// tell.
struct BaseRelation {
  /// ‖W − Wq‖ beyond what rounding explains, relative to ‖W‖, of every module that is related to its
  /// base.
  private(set) var excess: [(name: String, value: Double)] = []
  private var modules = 0

  mutating func examine(_ module: AuditModule) {
    guard let base = module.comparison else { return }
    modules += 1
    guard base.isRelated else { return }
    let (own, nearest) = (base.soundWeightError, base.rtnWeightError)
    if own > 2 * nearest {
      excess.append((module.name, (own * own - nearest * nearest).squareRoot()))
    }
  }

  /// The finding that the base differs: most modules, or all of some kinds, are moved far and alike.
  /// GPTQ moves modules far one by one, where their inputs are nearly dependent.
  func finding(_ function: FunctionReport?) -> AuditFinding? {
    guard isMovedAlike, let median = excess.map(\.value).sorted().middle else { return nil }
    // A quantization that ruined every module alike would score worse than the base.
    if let function, let base = function.basePerplexity {
      guard log(function.perplexity) < log(base) + 0.1 else { return nil }
    }
    let function: AuditSentence =
      function.flatMap(\.basePerplexity) == nil
      ? .empty : .base(.scoresNoWorse)
    return AuditFinding(
      .differentBase, .note,
      evidence: .base(
        .otherBase, excess.count, modules, String(format: "%.2g", 100 * median), function),
      modules: excess.map(\.name),
      cost: .base(.otherBaseCost),
      remedy: .base(.otherBaseRemedy))
  }

  /// No training step moves a model's weights by half of their norm: that is another scale or order.
  private static let farthest = 0.5

  private var isMovedAlike: Bool {
    let sorted = excess.map(\.value).sorted()
    guard sorted.count >= 4, isWhole, sorted[sorted.count / 2] < Self.farthest else {
      return false
    }
    return sorted[sorted.count * 9 / 10] < 3 * max(sorted[sorted.count / 10], 1e-12)
  }

  /// Whether most modules are among them, or nearly all of some kinds.
  private var isWhole: Bool {
    if excess.count * 10 >= modules * 8 { return true }
    let kinds = Dictionary(grouping: excess) { $0.name.split(separator: ".").last.map(String.init) }
    let layers = Double(modules) / 7
    return layers >= 2 && kinds.values.allSatisfy { Double($0.count) >= 0.9 * layers }
  }
}

extension Array {
  /// The element in the middle.
  fileprivate var middle: Element? { isEmpty ? nil : self[count / 2] }
}
