import Basics
import Foundation
import GPTQ
import Report
import Results
import Sweep

/// What `quantize` says of its result: a line, or as JSON every module.
struct QuantizeSummary {
  private let trial: TrialResult
  private let record: CheckpointRecord
  private let sizeBytes: Int

  init(_ trial: TrialResult, _ record: CheckpointRecord, _ inputs: SweepInputs) {
    self.trial = trial
    self.record = record
    sizeBytes = inputs.checkpointBytes(of: trial.config)
  }

  var table: Table {
    let worst = trial.modules.max { $0.relativeErrorCalibration < $1.relativeErrorCalibration }
    return Table(
      columns: [
        .init("modules"), .init("bits_per_weight"), .init("size_bytes"),
        .init("relative_error_calibration_mean", title: "mean relative error"),
        .init("worst_module"), .init("modules_rescued"),
        .init("tensors_verified", title: "tensors read back"),
      ],
      rows: [
        [
          .integer(trial.modules.count), .number(trial.bitsPerWeight), .integer(sizeBytes),
          .number(meanError), .text(worst.map { "layers.\($0.layer).\($0.module)" } ?? ""),
          .integer(rescued.count), .integer(record.verifiedTensors),
        ]
      ])
  }

  /// One line for each module whose first attempt is not the result.
  var rescues: [String] {
    rescued.map { module in
      let reason = module.rescueReason.map { $0.rawValue.replacing("_", with: " ") } ?? "no factor"
      let end =
        switch module.solverPath {
        case .double: "factorised in Double"
        case .damped: "solved with damp_percent \(module.dampPercentUsed ?? 0)"
        case .rtn: "rounded to nearest"
        case .failed: "failed (rescue: off): rounded to nearest"
        case .direct: "kept"
        case .pooled: "solved on all tokens of the layer"
        case .noTokens: "no token was sent to this expert: rounded to nearest"
        }
      return module.rescueReason == nil && [.pooled, .noTokens].contains(module.solverPath)
        ? "\(module.name): \(end)" : "\(module.name): \(reason); \(end)"
    }
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let summary = Summary(
      modules: record.modules, bitsPerWeight: trial.bitsPerWeight, sizeBytes: sizeBytes,
      relativeErrorCalibrationMean: meanError, modulesRescued: rescued.count,
      tensorsVerified: record.verifiedTensors)
    return String(decoding: try encoder.encode(summary), as: UTF8.self)
  }

  private struct Summary: Encodable {
    var modules: [CheckpointRecord.Module]
    var bitsPerWeight: Double
    var sizeBytes: Int
    var relativeErrorCalibrationMean: Double
    var modulesRescued: Int
    var tensorsVerified: Int
  }

  private var meanError: Double {
    trial.modules.reduce(0) { $0 + $1.relativeErrorCalibration }
      / Double(max(trial.modules.count, 1))
  }

  private var rescued: [CheckpointRecord.Module] {
    trial.config.quantize.algorithm == .rtn
      ? [] : record.modules.filter { $0.solverPath != .direct }
  }
}
