import Foundation
import Results

/// The words of the timeline.
extension PlotWords {
  static let timelineName = Bilingual("Timeline", "実行の経過")
  static let noTimeline = Bilingual(
    "the study is of an older tenbin, which kept no clock times.", "古い tenbin のスタディには実行時刻が残っていません。")
  static let clockAxis = Bilingual("time of day, UTC", "時刻（UTC）")

  /// From when to when the passes ran, UTC.
  static func timelineTitle(_ began: Double, _ ended: Double) -> Bilingual {
    let days = [began, ended].map(ClockText.day)
    let times = [began, ended].map { ClockText.time($0, withSeconds: true) }
    let end = days[0] == days[1] ? times[1] : "\(days[1]) \(times[1])"
    return Bilingual(
      "When did it run? \(days[0]) \(times[0]) to \(end) UTC",
      "いつ実行されたか：\(days[0]) \(times[0])～\(end)（UTC）")
  }

  /// The sentences about gaps and broken-off passes only where the drawing has such.
  static func timelineReading(hasGaps: Bool, wasBrokenOff: Bool) -> Bilingual {
    var text = Bilingual(
      "Each pass with its layers, and below it the trials that began and ended together, by the clock of "
        + "the machine that ran them, in UTC. After the last layer: scoring.",
      "各パスとその層、その下に同時に始まり同時に終わったトライアルを、実行したマシンの時計（UTC）で示します。"
        + "最後の層より後は評価の時間です。")
    if hasGaps {
      text =
        text
        + Bilingual(
          " Hatched: nothing ran, for as long as stands above; not to scale.",
          "斜線は何も実行されていない時間で、長さは上の数字のとおりです（縮尺どおりではありません）。")
    }
    if wasBrokenOff {
      text =
        text
        + Bilingual(
          " A pass that was broken off ends with its last finished layer.",
          "中断したパスは、最後に完了した層までを示します。")
    }
    return text
  }

  static func timelineOmitted(_ groups: Int) -> Bilingual {
    groups == 0
      ? ""
      : Bilingual(
        " \(groups) more groups of trials are in the CSV.", "ほかの \(groups) 組のトライアルは CSV にあります。")
  }

  static let timelineLegend = [
    LegendEntry(mark: "layers", text: Bilingual("layers, alternating", "層（交互に色分け）")),
    LegendEntry(mark: "time-pass block", text: Bilingual("pass: scoring and storing", "パス（評価・保存）")),
    LegendEntry(mark: "time-ran block", text: Bilingual("trials", "トライアル")),
  ]

  /// `Pass 1: the trials`.
  static func pass(_ step: TimedStep) -> Bilingual {
    Bilingual(
      "pass \(step.number): \(step.what)", "パス \(step.number)：\(japanesePass(step.what))")
  }

  /// What a pass is for, as `PassTitle` says it in English; what a later tenbin calls one stays as it is.
  private static func japanesePass(_ what: String) -> String {
    switch what {
    case "the trials": return "トライアル"
    case "the best again on their own quantized activations":
      return "最良のトライアルを量子化後の活性値で再実行"
    case "repeats on other calibration draws": return "別のキャリブレーション抽出での再実行"
    case "the uniform models on their own quantized activations":
      return "一様なモデルを量子化後の活性値で再実行"
    case "the mixed models": return "混合精度モデル"
    default:
      return what.replacing(/^round (\d+) of (\d+)$/) { "探索 \($0.output.1)/\($0.output.2) 回目" }
    }
  }

  /// `#0–#4, #7: 6 trials`.
  static func trials(_ numbers: [Int]) -> Bilingual {
    var runs: [ClosedRange<Int>] = []
    for number in numbers.sorted() {
      if let last = runs.last, last.upperBound + 1 == number {
        runs[runs.count - 1] = last.lowerBound...number
      } else {
        runs.append(number...number)
      }
    }
    let names = runs.map { run in
      run.count == 1
        ? "#\(run.lowerBound)" : "#\(run.lowerBound)–#\(run.upperBound)"
    }
    let shown = names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
    guard numbers.count > 1 else { return Bilingual(shown) }
    return Bilingual("\(numbers.count) trials: \(shown)", "\(numbers.count) トライアル：\(shown)")
  }
}
