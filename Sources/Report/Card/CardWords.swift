import Analysis
import Results

/// The words of a model card in one language.
struct CardWords: Sendable {
  let settings: String
  let scores: String
  let calibration: String
  let making: String
  let notes: String
  let key: String
  let value: String
  let domain: String
  let basePerplexity: String
  let perplexity: String
  let sameTop: String
  let rtnPerplexity: String
  let noScores: String
  let rows: String
  let processing: String
  let layout: String
  let tokenHash: String
  let unknownCalibration: String
  let unknownMaking: String
  let filesOnly: String
  let sharedPropagation: String
  let limits: String
  let madeWith: String
  let baseHash: String
  let intro:
    @Sendable (_ base: String, _ bits: Int, _ group: Int, _ size: String, _ bitsPerWeight: String)
      -> String
  let scoresNote: @Sendable (_ context: Int) -> String
  let calibrationSize: @Sendable (_ samples: String, _ tokens: String) -> String
  let rescued: @Sendable (_ count: Int, _ of: Int) -> String
  let doubt: @Sendable (_ doubt: CheckpointProof.Doubt) -> String
  let inexactPacker: @Sendable (_ packer: String) -> String

  /// The words of `language`.
  static func of(_ language: CardLanguage) -> CardWords {
    switch language {
    case .en: english
    case .ja: japanese
    }
  }

  private static let english = CardWords(
    settings: "Settings", scores: "Scores", calibration: "Calibration data",
    making: "How it was made", notes: "Notes and limits", key: "setting", value: "value",
    domain: "text", basePerplexity: "perplexity, base", perplexity: "perplexity, this model",
    sameTop: "same top token", rtnPerplexity: "perplexity, round-to-nearest",
    noScores: "This checkpoint was not evaluated.", rows: "rows", processing: "Processing",
    layout: "Layout", tokenHash: "SHA-256 of the token ids",
    unknownCalibration: "The calibration data is not recorded.",
    unknownMaking: "How this checkpoint was made is not recorded.",
    filesOnly: "This card states what the checkpoint's files show; nothing else is known of it.",
    sharedPropagation:
      "Solved on the base model's activations (propagation: shared), without the error of the "
      + "quantized layers before.",
    limits:
      "Perplexity and KL divergence say how near this model stays to its base on the texts above; "
      + "they do not measure abilities, safety or other kinds of text.",
    madeWith: "Made with", baseHash: "SHA-256 of the base model's config and weights",
    intro: { base, bits, group, size, bitsPerWeight in
      (base.isEmpty ? "Decoder linears" : "\(base), its decoder linears")
        + " quantized to \(bits) bits "
        + (group > 0 ? "in groups of \(group) columns" : "with one scale per row")
        + ": \(bitsPerWeight) bits per quantized weight with scales and zeros, \(size) in all."
    },
    scoresNote: { context in
      "± is one standard error: of a perplexity as a mean over such documents, of ΔNLL and KL over "
        + "windows. ΔNLL: nats per token over the base, paired token by token. KL: mean "
        + "KL(base ‖ this model), nats per token. Windows of \(context) tokens, tokens 2 to "
        + "\(context) of each scored (`blocks`)."
    },
    calibrationSize: { samples, tokens in "\(samples) samples, \(tokens) tokens" },
    rescued: { count, total in
      "\(count) of \(total) modules could not be solved as asked and were rescued (double precision, "
        + "more damp, or round-to-nearest)."
    },
    doubt: { doubt in
      let reason =
        switch doubt {
        case .noRecord: "the checkpoint has no record of its making that fits its codes"
        case .model: "the study is of another model"
        case .settings: "no complete trial has its settings"
        case .calibration: "the study's calibration set is another one"
        case .olderStudy: "the study, of an older tenbin, does not say which codes its trials had"
        case .codes: "its codes are not those of the trial with its settings"
        }
      return "The scores of the study that was given are not this checkpoint's: \(reason)."
    },
    inexactPacker: { packer in
      "Packed as `\(packer)` packs, which may change codes: this checkpoint shows that fault and is "
        + "not meant for use."
    })

  private static let japanese = CardWords(
    settings: "量子化の設定", scores: "評価", calibration: "キャリブレーションデータ",
    making: "作成方法", notes: "注意と限界", key: "設定", value: "値", domain: "テキスト",
    basePerplexity: "パープレキシティ（元モデル）", perplexity: "パープレキシティ（本モデル）",
    sameTop: "最上位トークン一致率", rtnPerplexity: "パープレキシティ（最近接丸め RTN）",
    noScores: "このチェックポイントは評価されていません。", rows: "行", processing: "前処理",
    layout: "配置", tokenHash: "トークン ID 列の SHA-256",
    unknownCalibration: "キャリブレーションデータは記録されていません。",
    unknownMaking: "作成方法は記録されていません。",
    filesOnly: "このカードはチェックポイントのファイルから分かることだけを記載しています。",
    sharedPropagation: "前段の層の量子化誤差は反映せず、元モデルの活性値を入力として量子化しています"
      + "（propagation: shared）。",
    limits:
      "パープレキシティと KL ダイバージェンスは、上記のテキストで元モデルにどれだけ近いかを示すもので、"
      + "能力や安全性、ほかの種類のテキストでの振る舞いを測るものではありません。",
    madeWith: "作成環境", baseHash: "元モデルの config と重みの SHA-256",
    intro: { base, bits, group, size, bitsPerWeight in
      (base.isEmpty ? "" : "\(base) の") + "デコーダー線形層を \(bits) ビット（"
        + (group > 0 ? "グループサイズ \(group)" : "行ごとに 1 スケール")
        + "）に量子化したモデルです。スケールとゼロ点を含めて重み 1 個あたり \(bitsPerWeight) ビット、"
        + "全体で \(size) です。"
    },
    scoresNote: { context in
      "± は標準誤差（パープレキシティは文書間、ΔNLL と KL は窓間のばらつきによる）。ΔNLL は元モデルとの差（トークンごとに対応させた 1 トークンあたりの nat）、KL は "
        + "KL(元モデル ‖ 本モデル) の平均（nat/トークン）。\(context) トークンの窓ごとに 2〜\(context) "
        + "番目のトークンの対数尤度を評価しています（`blocks`）。"
    },
    calibrationSize: { samples, tokens in "\(samples) サンプル、\(tokens) トークン" },
    rescued: { count, total in
      "\(total) モジュール中 \(count) 個は指定どおりに解けず、倍精度・より大きい damp・最近接丸めのいずれかで"
        + "救済しました。"
    },
    doubt: { doubt in
      let reason =
        switch doubt {
        case .noRecord: "量子化コードと一致する作成記録がチェックポイントにない"
        case .model: "別のモデルのスタディである"
        case .settings: "設定の一致する完了済みの試行がない"
        case .calibration: "キャリブレーションセットが異なる"
        case .olderStudy: "古い tenbin のスタディで、試行の量子化コードが記録されていない"
        case .codes: "同じ設定の試行と量子化コードが一致しない"
        }
      return "指定されたスタディの評価値はこのチェックポイントのものではありません（\(reason)）。"
    },
    inexactPacker: { packer in
      "`\(packer)` 方式でパッキングしているため、量子化コードが変わることがあります。この不具合を示すためのもので、"
        + "実用を意図していません。"
    })
}
