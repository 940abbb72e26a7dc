import Analysis
import GPTQ

/// The words of a diagnosis, in English or Japanese.
struct DiagnosisWords: Sendable {
  let language: CardLanguage

  /// The text of the language.
  func pick(_ english: String, _ japanese: String) -> String {
    language == .en ? english : japanese
  }

  /// The text of both languages.
  func both(_ english: String, _ japanese: String) -> Bilingual {
    Bilingual(english, japanese)
  }

  // MARK: Headings

  func title(_ diagnosis: Diagnosis) -> String {
    let (suspect, baseline) = (diagnosis.suspect.name, diagnosis.baseline.name)
    return switch diagnosis.verdict {
    case .regression, .fartherFromBase:
      pick("Why is \(suspect) worse than \(baseline)?", "\(suspect) はなぜ \(baseline) より劣るのですか")
    case .improvement, .nearerToBase, .noise, .sameScores, .identical:
      pick("Is \(suspect) worse than \(baseline)?", "\(suspect) は \(baseline) より劣りますか")
    }
  }

  func measured(_ diagnosis: Diagnosis) -> String {
    let tokens = NumberText.count(diagnosis.tokensScored)
    let domain = diagnosis.domains.first ?? ""
    return pick(
      "Measured on \(diagnosis.model), on \(tokens) tokens of \(domain) and "
        + "\(diagnosis.draws) calibration draws. Differences are suspect − baseline in nats per "
        + "token, paired on the same tokens, means over the draws; intervals are 95 %. Perplexities "
        + "are those of the first draw.",
      "測定条件：元モデル \(diagnosis.model)、\(domain) の \(tokens) トークン、"
        + "キャリブレーションデータの抽出 \(diagnosis.draws) 通り。差はすべて「対象モデル − 比較元」（nat/トークン、"
        + "同一トークンでの対応のある差、抽出の平均）、区間は 95 % です。パープレキシティは最初の抽出での値です。")
  }

  var findings: String { pick("Findings", "わかったこと") }
  var scores: String { pick("Both sides on every domain", "各ドメインでの両者の値") }
  var settings: String { pick("Settings of both sides", "両者の設定") }
  var factors: String { pick("One factor at a time", "要因ごとの寄与") }
  var hypotheses: String { pick("Hypotheses", "仮説の検定") }
  var hypothesesNote: String {
    pick(
      "How to read: one number a line, the most telling first, with its 95 % interval in brackets and "
        + "the limit that it is held against. Removing loss counts where the interval excludes 0, the "
        + "amount is more than the limit, and it is more than twice what the control moves, where there "
        + "is one.",
      "読み方：1 行に 1 つの数値を重要な順に示します。[ ] は 95 % 区間、しきい値は比較の基準です。"
        + "損失の減少は、区間が 0 を含まず、しきい値を超え、対照がある場合はその変化の 2 倍を超えるときに効果ありとします。")
  }
  var groups: String { pick("Modules replaced together", "まとめて入れ替えたモジュール") }
  var modules: String { pick("Modules", "モジュール別の測定値") }
  var audit: String { pick("Audit of the suspect", "対象モデルの検査結果") }
  var suspect: String { pick("suspect", "対象モデル") }
  var baseline: String { pick("baseline", "比較元") }
  var factorsNote: String {
    pick(
      "Part: Shapley value, the mean of what the setting adds over all orders of going from the "
        + "baseline to the suspect. Alone: what it does to the baseline by itself. Reverted: what "
        + "the suspect loses when it alone is put back.",
      "寄与：比較元から対象モデルへ設定を一つずつ変えるすべての順序での平均です（Shapley 値）。"
        + "単独：比較元でこの設定だけを変えたときの変化です。復元：対象モデルでこの設定だけを戻したときの減少です。")
  }
  var groupsNote: String {
    pick(
      "A layer, a kind of modules, or experts of the suspect in place of the baseline's: those that "
        + "change it most. Noise: Gaussian noise of equal norm in place of the suspect's error. Put "
        + "back: what the suspect loses when it gets the baseline's.",
      "層、モジュールの種類、またはエキスパートの単位で比較元のものを対象モデルのものに入れ替え、変化の大きい順に並べました。"
        + "雑音：対象モデルの誤差と同じノルムのガウス雑音に替えた場合です。"
        + "戻したとき：対象モデルに比較元のものを入れたときの減少量です。")
  }
  var modulesNote: String {
    pick(
      "The modules whose replacement, one at a time, changes the baseline most; of a large model only "
        + "those of the layers that matter most are tried. Errors are on held-out inputs.",
      "1 つずつ入れ替えたときに比較元が最も変わるモジュールです。大きなモデルでは影響の大きい層だけを試します。"
        + "誤差は評価用テキストの入力に対する値です。")
  }

  // MARK: Names

  func verdict(_ verdict: DiagnosisVerdict) -> String {
    switch verdict {
    case .regression: pick("regression", "劣化")
    case .improvement: pick("improvement", "改善")
    case .fartherFromBase: pick("farther from the base", "元モデルから遠い")
    case .nearerToBase: pick("nearer to the base", "元モデルに近い")
    case .noise: pick("noise", "誤差の範囲")
    case .sameScores: pick("same scores", "値が一致")
    case .identical: pick("identical", "同一")
    }
  }

  func metric(_ metric: DiagnosisMetric) -> String {
    switch metric {
    case .nll: pick("negative log-likelihood", "負の対数尤度")
    case .kld: pick("KL divergence from the base", "元モデルからの KL ダイバージェンス")
    }
  }

  func cause(_ kind: CauseKind) -> String {
    switch kind {
    case .packing: pick("packing", "パッキング")
    case .damping: pick("damping", "ダンピング")
    case .calibrationData: pick("calibration data", "キャリブレーションデータ")
    case .calibrationDraw: pick("the calibration draw", "キャリブレーションデータの抽出")
    case .bits: pick("the bit width", "ビット数")
    case .groupSize: pick("the group size", "グループサイズ")
    case .symmetry: pick("the symmetry of the grid", "量子化グリッドの対称性")
    case .columnOrder: pick("the column order", "列の順序")
    case .groupScales: pick("the timing of group scales", "グループスケールの決め方")
    case .scalePrecision: pick("the type of the scales", "スケールの型")
    case .algorithm: pick("the algorithm", "アルゴリズム")
    case .propagation: pick("the propagation of activations", "活性値の伝播")
    case .modules: pick("the choice of modules", "対象モジュールの選択")
    case .making: pick("how the checkpoint was made", "チェックポイントの作り方")
    case .config: pick("config.json", "config.json")
    case .tokenizer: pick("the tokenizer", "トークナイザー")
    case .embeddings: pick("the embeddings", "埋め込み")
    case .norms: pick("the norm weights", "正規化層の係数")
    case .biases: pick("the biases", "バイアス")
    case .head: pick("the head", "出力層")
    case .other: pick("other settings", "その他の設定")
    }
  }

  /// What to do about a cause.
  func remedy(_ kind: CauseKind, isCheckpoint: Bool) -> String {
    switch kind {
    case .packing:
      isCheckpoint
        ? pick(
          "Repair the stored codes without quantizing again: tenbin audit CHECKPOINT --base MODEL "
            + "--repair OUT.",
          "再量子化せずに修復できます：tenbin audit CHECKPOINT --base MODEL --repair OUT。")
        : pick(
          "Pack the codes as they are: packer: exact. A checkpoint that already exists is repaired "
            + "with tenbin audit CHECKPOINT --base MODEL --repair OUT.",
          "量子化コードをそのままパッキングする packer: exact を使います。既存のチェックポイントは tenbin audit CHECKPOINT "
            + "--base MODEL --repair OUT で修復できます。")
    case .damping:
      pick(
        "Raise damp_percent to 0.05 or 0.1, or set rescue: auto.",
        "damp_percent を 0.05〜0.1 に上げるか、rescue: auto にします。")
    case .calibrationData:
      pick(
        "Calibrate on more windows, from the registers that the model is used on.",
        "用途に近い文体のキャリブレーションデータを、より多くの窓で使います。")
    case .calibrationDraw:
      pick("Nothing: another seed gives another value.", "対処は不要です。シードが変われば値も変わります。")
    case .bits: pick("Spend more bits.", "ビット数を増やします。")
    case .groupSize: pick("Use smaller groups.", "グループを小さくします。")
    case .symmetry: pick("Change sym back.", "sym を元に戻します。")
    case .columnOrder: pick("Change desc_act back.", "desc_act を元に戻します。")
    case .groupScales: pick("Change static_groups back.", "static_groups を元に戻します。")
    case .scalePrecision: pick("Store scales in float16.", "スケールを float16 で保存します。")
    case .algorithm: pick("Change the algorithm back.", "アルゴリズムを元に戻します。")
    case .propagation: pick("Change propagation back.", "propagation を元に戻します。")
    case .modules: pick("Quantize the same modules.", "同じモジュールを量子化します。")
    case .making:
      pick(
        "Quantize again from the same settings with tenbin quantize, and compare.",
        "同じ設定で tenbin quantize により量子化し直して比べます。")
    case .config, .tokenizer, .embeddings, .norms, .biases, .head:
      pick(
        "Nothing of it is quantized: copy it from the base model, or convert the checkpoint again. "
          + "tenbin audit CHECKPOINT --base MODEL says what differs.",
        "量子化の対象ではない部分です。元モデルからコピーするか、変換し直します。"
          + "違いは tenbin audit CHECKPOINT --base MODEL で分かります。")
    case .other: pick("Change the settings back one by one.", "設定を一つずつ元に戻します。")
    }
  }

  // MARK: Numbers

  /// `+0.0466 [0.0401, 0.0531]`; the value alone where there is no interval.
  func interval(_ estimate: Estimate) -> String {
    guard estimate.hasInterval else {
      return signed(estimate.value) + pick(" (no interval)", "（区間なし）")
    }
    let digits = Self.digits(max(abs(estimate.high - estimate.low) / 2, abs(estimate.value) / 1000))
    let value = NumberText.fixed(estimate.value, digits)
    return (estimate.value > 0 ? "+" : "") + value
      + " [\(NumberText.fixed(estimate.low, digits)), \(NumberText.fixed(estimate.high, digits))]"
  }

  func signed(_ value: Double) -> String {
    (value > 0 ? "+" : "") + NumberText.significant(value, 3)
  }

  /// Decimals at which two digits of `reach` show.
  private static func digits(_ reach: Double) -> Int {
    guard reach.isFinite, reach > 0 else { return 4 }
    return min(6, max(2, 1 - NumberText.decimalExponent(reach)))
  }

  func list(_ items: [String]) -> String {
    items.joined(separator: pick(", ", "、") as String)
  }
}
