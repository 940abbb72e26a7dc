import Basics
import Compute
import Foundation
import Report
import Sweep

extension PassEstimate {
  /// The pass's time over that of its operations at the rate of sgemm: 1.5 to 1.8 as measured
  /// (docs/engine.md).
  static let overhead = 1.6

  /// Seconds that the pass will take on `engine`, whose rate is measured for a moment.
  func seconds(on engine: any Engine) -> Double {
    cost.total / engine.productRate() * Self.overhead
  }

  /// What a sweep takes: memory term by term, disk, time; and the peak within `memoryBudget`.
  func table(on engine: any Engine, memoryBudget: Int? = nil) -> Table {
    var rows: [[Table.Cell]] = memory.terms.map {
      [.text("memory: \($0.name)"), .text(ByteText.size($0.bytes))]
    }
    rows.append([.text("memory: peak"), .text(ByteText.size(memory.total))])
    if let memoryBudget {
      rows.append([
        .text("memory: peak with this --memory-budget"),
        .text(ByteText.size(max(memory.fixed, min(memory.total, memoryBudget)))),
      ])
    }
    rows.append([
      .text(
        memoryBudget == nil
          ? "memory: peak with the least --memory-budget" : "memory: what cannot wait in a file"),
      .text(ByteText.size(memory.fixed)),
    ])
    if memory.double > 0 {
      rows.append([
        .text("memory: on top where float32 fails"), .text(ByteText.size(memory.double)),
      ])
    }
    rows.append([.text("disk: base model, read once"), .text(ByteText.size(readBytes))])
    rows.append([
      .text("disk: hidden states, with that budget"), .text(ByteText.size(memory.states)),
    ])
    rows.append([.text("disk: saved pass beside the study"), .text(ByteText.size(savedBytes))])
    if let largest = checkpointBytes.max() {
      rows.append([.text("disk: largest trial, if written"), .text(ByteText.size(largest))])
    }
    let tokens = calibration.windows.reduce(0, +)
    let note = calibration.isAssumed ? " (assumed: the set is not there yet)" : ""
    rows.append([.text("calibration tokens"), .text("\(tokens)\(note)")])
    rows.append([
      .text("operations"), .text("\(Int((cost.total / 1e12).rounded(.up))) TFLOP"),
    ])
    rows.append([
      .text("time on this machine"), .text("about \(Self.duration(seconds(on: engine)))"),
    ])
    return Table(columns: [.init("estimate"), .init("value")], rows: rows)
  }

  /// A duration to two places at most.
  static func duration(_ seconds: Double) -> String {
    switch seconds {
    case ..<90: "\(Int(seconds.rounded(.up))) s"
    case ..<5400: "\(Int((seconds / 60).rounded())) min"
    case ..<172_800: "\(Int((seconds / 3600).rounded())) h"
    default: "\(Int((seconds / 86_400).rounded())) days"
    }
  }
}
