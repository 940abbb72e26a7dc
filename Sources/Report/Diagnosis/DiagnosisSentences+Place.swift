import Analysis

extension DiagnosisSentences {
  /// Where the difference is: the layer or kind whose swap goes furthest its way, and whether the size
  /// of the error there matters or its direction.
  var place: [Sentence] {
    guard let worst = worstGroup else { return [] }
    let all = diagnosis.difference.value
    let isMost = abs(worst.value(diagnosis.metric).value) > abs(all) / 2
    var sentences = [
      Sentence(
        tone: "note",
        text: words.pick(
          "\(isMost ? "It is mostly" : "The largest part of it is") in \(worst.name): "
            + "replacing only these \(worst.modules) modules changes the baseline by "
            + "\(words.interval(worst.value(diagnosis.metric))) of \(words.signed(all)).",
          (isMost
            ? "差は主に \(worst.name) に集中しています。" : "差の最も大きい部分は \(worst.name) にあります。")
            + "この \(worst.modules) モジュールだけを入れ替えると、全体の差 "
            + "\(words.signed(all)) に対して \(words.interval(worst.value(diagnosis.metric))) 変わります。"))
    ]
    if let noise = worst.noiseKLD, noise.value > 0, worst.kld.value > 0 {
      let ratio = worst.kld.value / noise.value
      let text = NumberText.significant(ratio, 2)
      sentences.append(
        .init(
          tone: "note",
          text: ratio > 1.25
            ? words.pick(
              "In these modules the error does \(text) × the damage of random noise of the same norm: "
                + "its direction is the problem.",
              "この箇所の誤差は、同じノルムのランダム雑音の \(text) 倍の悪影響を与えます（誤差の方向が不利）。")
            : ratio < 0.8
              ? words.pick(
                "In these modules the error does \(text) × the damage of random noise of the same "
                  + "norm: its size, not its direction, is the problem.",
                "この箇所の誤差の影響は同じノルムの雑音の \(text) 倍にとどまります。悪化の原因は方向ではなく"
                  + "誤差の大きさです。")
              : words.pick(
                "In these modules the error acts like random noise of the same norm (\(text) ×): its "
                  + "size is the problem.",
                "この箇所の誤差は同じノルムの雑音と同程度に働きます（\(text) 倍）。悪化の原因は誤差の大きさです。")))
    }
    return sentences
  }

  /// The layer or kind whose swap goes furthest the way of the difference.
  private var worstGroup: SwapEffect? {
    let sign = diagnosis.difference.value < 0 ? -1.0 : 1.0
    return diagnosis.groups.filter { sign * $0.value(diagnosis.metric).value > 0 }
      .max {
        sign * $0.value(diagnosis.metric).value < sign * $1.value(diagnosis.metric).value
      }
  }
}
