/// The words of what models let follow prompts.
enum NextTokenWords {
  static let title = Bilingual("What follows these prompts?", "プロンプトに続くトークン")

  static let reading = Bilingual(
    "Each prompt is given as it is written (teacher-forced), and each model says which token comes next. "
      + "≠ marks a token that is not the base's likeliest, and among the five likeliest one that is not among "
      + "the base's five; ␣ is a space, \\xE3 a byte of a character. Prompts show what changes; models are "
      + "ranked by the scores on held-out text.",
    "プロンプトをそのまま入力し（teacher forcing）、次に来るトークンの確率をモデルごとに示します。"
      + "≠ は最も確率の高いトークンが元モデルと異なること（上位 5 トークンの表では、元モデルの上位 5 に含まれないこと）を、"
      + "␣ は空白を、\\xE3 は文字の一部のバイトを表します。プロンプトは違いを見るための例で、モデルの順位付けには評価の値を使います。")

  /// `{}` stands for the number.
  static func kept(of prompts: Int) -> Bilingual {
    Bilingual(
      "The likeliest token is the base's behind {} of \(prompts) "
        + "\(prompts == 1 ? "prompt" : "prompts").",
      "\(prompts) 個のプロンプトのうち {} 個で、最も確率の高いトークンが元モデルと一致します。")
  }

  static let prompt = Bilingual("prompt", "プロンプト")
  static let before = Bilingual("text in front", "直前までのテキスト")
  static let rank = Bilingual("rank", "順位")
  static let base = Bilingual("base", "元モデル")
  static let trial = Bilingual("trial", "トライアル")
  static let probability = Bilingual("probability", "確率")
  static let ofBase = Bilingual(
    "trial's probability of the base's token", "元モデルのトークンに対するトライアルの確率")
  static let kld = Bilingual("KL, nats", "KL（nat）")
  static let kldHelp = Bilingual(
    "KL(base ‖ trial) of the next token at this place", "この位置での KL(元モデル ‖ トライアル)")

  static let likeliest = Bilingual(
    "The five likeliest tokens behind each prompt", "各プロンプトに続く確率上位 5 トークン")
  static let along = Bilingual("Place by place along the prompts", "プロンプトの途中の各位置")

  static let notLooked = Bilingual(
    "No next tokens of this trial: it did not run to the end, or an older tenbin ran it.",
    "このトライアルには次のトークンの記録がありません（完了していないか、以前の tenbin で実行しています）。")
  static let noPrompts = Bilingual(
    "No next tokens: this study looks behind no prompts (prompts: {value: false}), or an older tenbin "
      + "ran it.",
    "次のトークンの記録がありません（スタディにプロンプトがないか、以前の tenbin で実行しています）。")
  static let tooMany = Bilingual(
    "Too many trials for the other tables: next_tokens.csv of tenbin report csv has them.",
    "トライアルが多いため、ほかの表は省いています。tenbin report csv の next_tokens.csv にあります。")
}
