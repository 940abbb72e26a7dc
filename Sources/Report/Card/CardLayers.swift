import GPTQ
import Model
import Results

/// The errors of a checkpoint's linears, those of one kind together.
struct CardLayers {
  /// The linears of one kind.
  struct Row: Equatable {
    /// `mlp.up_proj`, of experts `mlp.experts.*.up_proj`.
    var kind: String
    var count: Int
    /// The median of tr(ΔW H ΔWᵀ)/tr(W H Wᵀ) on calibration inputs.
    var calibration: Double
    /// The same on held-out inputs, and round-to-nearest's; nil: not measured.
    var heldout: Double?
    var rtnHeldout: Double?
    /// The largest error on calibration inputs, and its layer.
    var worst: (layer: Int, error: Double)
    /// Linears that were not solved as asked.
    var rescued: Int

    static func == (one: Row, other: Row) -> Bool {
      one.kind == other.kind && one.count == other.count && one.calibration == other.calibration
    }
  }

  /// The kinds, in the order in which a layer has them.
  let rows: [Row]

  /// The linears of `modules`, with what a study measured of the same ones.
  init(_ modules: [CheckpointRecord.Module], trial: TrialResult?) {
    var measured: [String: ModuleResult] = [:]
    for module in trial?.modules ?? [] { measured["\(module.layer).\(module.module)"] = module }
    var kinds: [String] = []
    var members: [String: [(layer: Int, module: CheckpointRecord.Module, ModuleResult?)]] = [:]
    for module in modules {
      let parts = module.name.split(separator: ".")
      guard let place = parts.firstIndex(where: { Int($0) != nil }), let layer = Int(parts[place])
      else { continue }
      let name = parts[(place + 1)...].joined(separator: ".")
      let kind = LinearName(rawValue: name).kind
      if members[kind] == nil { kinds.append(kind) }
      members[kind, default: []].append((layer, module, measured["\(layer).\(name)"]))
    }
    rows = kinds.compactMap { kind in
      let linears = members[kind] ?? []
      guard
        let worst = linears.max(by: {
          $0.module.relativeErrorCalibration < $1.module.relativeErrorCalibration
        })
      else { return nil }
      let results = linears.compactMap(\.2)
      let isMeasured = results.count == linears.count
      return Row(
        kind: kind, count: linears.count,
        calibration: Self.median(linears.map(\.module.relativeErrorCalibration)),
        heldout: isMeasured ? Self.median(results.map(\.relativeErrorHeldout)) : nil,
        rtnHeldout: isMeasured ? Self.median(results.map(\.rtnRelativeErrorHeldout)) : nil,
        worst: (worst.layer, worst.module.relativeErrorCalibration),
        rescued: linears.count { $0.module.solverPath != .direct })
    }
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2)
      ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }
}
