import Analysis

extension DiagnosisSentences {
  /// Both sides on the same text, where they cut it into other tokens.
  var tokenizers: [Sentence] {
    guard diagnosis.factors.contains(where: { $0.cause == .tokenizer }),
      let mine = diagnosis.suspect.main, let theirs = diagnosis.baseline.main
    else { return [] }
    func text(_ value: Double) -> String { NumberText.significant(value, 4) }
    let values = (text(mine.bitsPerCharacter), text(theirs.bitsPerCharacter))
    return [
      .init(
        tone: "warning",
        text: words.pick(
          "Their tokenizers cut the text otherwise. On the same text the suspect takes \(values.0) bits "
            + "per character, the baseline \(values.1); nats and perplexities are per token of the base's.",
          "トークナイザーによる分割が異なります。同じ文章に対して、対象モデルは 1 文字あたり \(values.0) ビット、"
            + "比較元は \(values.1) ビットです。nat とパープレキシティは元モデルのトークンあたりの値です。"))
    ]
  }
}
