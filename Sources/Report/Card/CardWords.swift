import Analysis
import Results

/// The words of a model card, in English or Japanese.
struct CardWords: Sendable {
  let language: CardLanguage

  /// The text of the language.
  func pick(_ english: String, _ japanese: String) -> String {
    language == .en ? english : japanese
  }

  // MARK: Headings

  var loading: String { pick("How to load it", "使い方") }
  var settings: String { pick("Settings", "量子化の設定") }
  var scores: String { pick("Scores", "評価") }
  var leaderboard: String { pick("Leaderboard", "リーダーボード") }
  var layers: String { pick("Errors by kind of linear", "線形層ごとの誤差") }
  var calibration: String { pick("Calibration data", "キャリブレーションデータ") }
  var audit: String { pick("Audit", "監査") }
  var making: String { pick("How it was made", "作成方法") }
  var notes: String { pick("Notes and limits", "注意と限界") }

  // MARK: Columns and marks

  var key: String { pick("setting", "設定") }
  var value: String { pick("value", "値") }
  var domain: String { pick("text", "テキスト") }
  var basePerplexity: String { pick("perplexity, base", "パープレキシティ（元モデル）") }
  var perplexity: String { pick("perplexity, this model", "パープレキシティ（本モデル）") }
  var sameTop: String { pick("same top token", "最上位トークン一致率") }
  var rtnPerplexity: String {
    pick("perplexity, round-to-nearest", "パープレキシティ（最近接丸め RTN）")
  }
  var colon: String { pick(": ", "：") }
  var comma: String { pick(", ", "、") }

  /// The columns of the errors of linears.
  func layerColumns(isMeasured: Bool) -> [String] {
    [pick("linear", "線形層"), pick("number", "個数"), pick("error, calibration", "誤差（キャリブレーション）")]
      + (isMeasured
        ? [pick("error, held-out", "誤差（評価テキスト）"), pick("round-to-nearest", "最近接丸め RTN")] : [])
      + [pick("largest (layer)", "最大（層）"), pick("rescued", "救済")]
  }

  /// The columns of what loaders make of it.
  var loaderColumns: [String] {
    [pick("loader", "ローダー"), pick("loads it", "読み込み"), pick("why, or what to know", "理由・備考")]
  }

  func isLoaded(_ loads: Bool) -> String { loads ? pick("yes", "可") : pick("no", "不可") }

  // MARK: What it is

  /// The first paragraph.
  func intro(_ facts: CardFacts, base: String) -> String {
    let base = CardMarkup.line(base)
    let size = NumberText.bytes(facts.sizeBytes)
    let bits = NumberText.significant(facts.bitsPerWeight, 4)
    let part = "\(facts.quantizedLinears)/\(facts.linears)"
    let isWhole = facts.quantizedLinears == facts.linears
    let head = facts.quantizesHead ? pick(" and lm_head", "と lm_head ") : ""
    let linears =
      isWhole
      ? pick("decoder linears", "デコーダー線形層")
      : pick("decoder linears (\(part))", "デコーダー線形層（\(part) 個）")
    return pick(
      (base.isEmpty
        ? linears.prefix(1).uppercased() + linears.dropFirst() : "\(base), its \(linears)")
        + "\(head) quantized to \(widths(facts.widths)): \(bits) bits per quantized weight with scales"
        + " and zeros, \(size) in all.",
      (base.isEmpty ? "" : "\(base) の") + "\(linears)\(head)を \(widths(facts.widths))に量子化したモデルです。"
        + "スケールとゼロ点を含めて量子化した重み 1 個あたり \(bits) ビット、全体で \(size) です。")
  }

  private func widths(_ widths: [CheckpointProof.Width]) -> String {
    widths.map { width in
      let group =
        width.groupSize > 0
        ? pick("in groups of \(width.groupSize) columns", "グループサイズ \(width.groupSize)")
        : pick("with one scale per row", "行ごとに 1 スケール")
      let count = widths.count > 1 ? pick(" (\(width.modules) linears)", "、\(width.modules) 個") : ""
      return pick("\(width.bits) bits \(group)\(count)", "\(width.bits) ビット（\(group)\(count)）")
    }.joined(separator: comma)
  }

  // MARK: Settings

  var asStated: String {
    pick(
      "What its settings file says besides, and its tensors do not show:",
      "設定ファイルに書かれているだけで、テンソルからは確かめられないもの：")
  }

  var filesOnly: String {
    pick(
      "This card states what the checkpoint's files show; nothing else is known of it.",
      "このカードはチェックポイントのファイルから分かることだけを記載しています。")
  }

  // MARK: Scores

  var noScores: String {
    pick("This checkpoint was not evaluated.", "このチェックポイントは評価されていません。")
  }

  /// Where a table of scores is from.
  func origin(_ scores: CardScores) -> String {
    let tool = CardMarkup.line(scores.tool)
    switch scores.origin {
    case .trial(let number):
      return pick(
        "Trial \(number) of a sweep, of the same model, settings, calibration set and codes (\(tool)):",
        "スイープの試行 \(number)（モデル・設定・キャリブレーションセット・量子化コードが本モデルと同一、\(tool)）：")
    case .measured:
      return pick("Measured on this checkpoint's files (\(tool)):", "本チェックポイントのファイルで測定（\(tool)）：")
    }
  }

  /// What a table of scores counts.
  func scoresNote(_ scores: CardScores) -> String {
    let context = scores.context
    let hash =
      scores.textHash.isEmpty
      ? ""
      : pick(
        " SHA-256 of the texts' token ids: `\(scores.textHash)`.",
        "評価テキストのトークン ID 列の SHA-256：`\(scores.textHash)`。")
    guard scores.rows.contains(where: { $0.base != nil }) else {
      return pick(
        "± is one standard error, of a perplexity as a mean over such documents. Windows of \(context)"
          + " tokens, tokens 2 to \(context) of each scored (`blocks`).",
        "± は標準誤差（文書間のばらつきによる）。\(context) トークンの窓ごとに 2〜\(context) 番目のトークンの"
          + "対数尤度を評価しています（`blocks`）。") + hash
    }
    return pick(
      "± is one standard error: of a perplexity as a mean over such documents, of ΔNLL and KL over "
        + "windows. ΔNLL: nats per token over the base, paired token by token. KL: mean "
        + "KL(base ‖ this model), nats per token. Windows of \(context) tokens, tokens 2 to "
        + "\(context) of each scored (`blocks`).",
      "± は標準誤差（パープレキシティは文書間、ΔNLL と KL は窓間のばらつきによる）。ΔNLL は元モデルとの差（トークンごとに対応させた 1 トークンあたりの nat）、KL は "
        + "KL(元モデル ‖ 本モデル) の平均（nat/トークン）。\(context) トークンの窓ごとに 2〜\(context) "
        + "番目のトークンの対数尤度を評価しています（`blocks`）。") + hash
  }

  /// Why a study's scores are not printed.
  func doubt(_ doubt: CheckpointProof.Doubt) -> String {
    let reason =
      switch doubt {
      case .noRecord:
        pick(
          "the checkpoint has no record of its making that fits its codes",
          "量子化コードと一致する作成記録がチェックポイントにない")
      case .model: pick("the study is of another model", "別のモデルのスタディである")
      case .settings: pick("no complete trial has its settings", "設定の一致する完了済みの試行がない")
      case .calibration:
        pick("the study's calibration set is another one", "キャリブレーションセットが異なる")
      case .olderStudy:
        pick(
          "the study, of an older tenbin, does not say which codes its trials had",
          "古い tenbin のスタディで、試行の量子化コードが記録されていない")
      case .codes:
        pick(
          "its codes are not those of the trial with its settings", "同じ設定の試行と量子化コードが一致しない")
      case .olderRecord:
        pick(
          "its record, of an older tenbin, does not say what its other tensors were",
          "古い tenbin の作成記録で、量子化していないテンソルが記録されていない")
      case .changed:
        pick(
          "tensors or files beside its codes were changed since", "量子化コード以外のテンソルまたはファイルが後から変更されている")
      }
    return pick(
      "The scores of the study that was given are not this checkpoint's: \(reason).",
      "指定されたスタディの評価値はこのチェックポイントのものではありません（\(reason)）。")
  }

  // MARK: Leaderboard

  /// Where the leaderboard's scores are from.
  func published(_ source: String) -> String {
    let source = CardMarkup.line(source)
    return pick(
      "As published for the model of this name (\(source)); no hash binds them to files.",
      "この名前のモデルについて公開されている値です（\(source)）。ファイルとの対応はハッシュで確かめられていません。")
  }

  var publishedNote: String {
    pick(
      "± is the standard error of two independent samples, √((a(1 − a) + b(1 − b))/n) over the"
        + " independent items of a category: what exceeds it exceeds the true error. Averages are taken"
        + " from the categories by the leaderboard's rules. Formulas: `tenbin leaderboard compare`.",
      "± は独立な 2 標本とみなした標準誤差 √((a(1 − a) + b(1 − b))/n)（n はカテゴリの独立な問題数）で、真の誤差はこれより"
        + "小さくなります。平均はリーダーボードの規則でカテゴリから再計算しています。")
  }

  /// The first paragraph of a card without files.
  func publishedIntro(base: String) -> String {
    let base = CardMarkup.line(base)
    return pick(
      (base.isEmpty ? "" : "A quantization of \(base). ")
        + "This card is made of published numbers; no file of the model was looked at.",
      (base.isEmpty ? "" : "\(base) を量子化したモデルです。")
        + "このカードは公開された数値だけから作成したもので、モデルのファイルは確認していません。")
  }

  /// What a printed damp of 0.00 means.
  var roundedDamp: String {
    pick(
      "damp_percent is the number that the page prints, rounded to its decimals: 0.00 is not 0, which"
        + " the libraries of its time refuse. The quantization cannot be repeated from it.",
      "damp_percent はページに印字された（丸められた）値です。0.00 は 0 ではなく（当時のライブラリは 0 を拒否します）、この値から量子化を再現することはできません。")
  }

  // MARK: Layers

  var layersNote: String {
    pick(
      "Medians of tr(ΔW H ΔWᵀ)/tr(W H Wᵀ) over the linears of a kind: the share of a linear's output"
        + " that its quantization changes, on the inputs it saw.",
      "同じ種類の線形層にわたる tr(ΔW H ΔWᵀ)/tr(W H Wᵀ) の中央値で、量子化によって変わる出力の割合を表します。")
  }

  func hiddenError(_ error: Double) -> String {
    let shown = NumberText.significant(error)
    return pick(
      "After the last layer, ‖h − h_base‖²/‖h_base‖² of the residual stream is \(shown) on held-out text.",
      "最終層の後の残差ストリームの ‖h − h_base‖²/‖h_base‖² は、評価テキストで \(shown) です。")
  }

  // MARK: Calibration

  var unknownCalibration: String {
    pick("The calibration data is not recorded.", "キャリブレーションデータは記録されていません。")
  }

  func calibrationSize(_ samples: Int, _ tokens: Int) -> String {
    let (samples, tokens) = (NumberText.count(samples), NumberText.count(tokens))
    return pick("\(samples) samples, \(tokens) tokens", "\(samples) サンプル、\(tokens) トークン")
  }

  /// So many documents of a file, by their rows.
  func documents(_ count: Int, rows first: Int?, _ last: Int?) -> String {
    let number = NumberText.count(count)
    guard let first, let last else { return pick("\(number) documents", "\(number) 文書") }
    let rows =
      first == last
      ? pick("row \(first)", "\(first) 行目")
      : pick("rows \(first) to \(last)", "\(first)〜\(last) 行目")
    return pick(
      count == 1 ? "1 document (\(rows))" : "\(number) documents (\(rows))", "\(number) 文書（\(rows)）"
    )
  }

  func dump(_ date: String) -> String {
    pick("dump of \(date) by its name", "ファイル名によれば \(date) のダンプ")
  }

  func hash(_ hash: String, bytes: Int?) -> String {
    guard let bytes else { return "SHA-256 `\(hash)`" }
    let count = NumberText.count(bytes)
    return pick(
      "SHA-256 of its first \(count) bytes, all that was read: `\(hash)`",
      "読み込んだ先頭 \(count) バイトの SHA-256：`\(hash)`")
  }

  var selection: String { pick("Taken", "選択") }
  var processing: String { pick("Processing", "前処理") }

  /// How texts were cleaned and normalised; without `clean` as `calib build` does it by itself.
  func processing(clean: String, normalize: String) -> String {
    let cleaning =
      clean.isEmpty
      ? pick(
        "wikitext of dumps to plain text, other files as they are", "ダンプはウィキテキストを平文に変換、ほかはそのまま")
      : "`--clean \(clean)`"
    return cleaning + comma + "`--normalize \(normalize)`"
  }

  var layout: String { pick("Layout", "配置") }
  var tokenHash: String { pick("SHA-256 of the token ids", "トークン ID 列の SHA-256") }
  var tokenizerHash: String { pick("SHA-256 of tokenizer.json", "tokenizer.json の SHA-256") }

  func windows(_ layout: String, _ length: Int?) -> String {
    guard let length else { return layout }
    return pick("\(layout), at most \(length) tokens", "\(layout)、最大 \(length) トークン")
  }

  // MARK: Audit

  func audited(_ verdict: String) -> String {
    pick("`tenbin audit`: \(verdict).", "`tenbin audit`：\(verdict)。")
  }

  var notAudited: String {
    pick("This checkpoint was not audited.", "このチェックポイントは監査されていません。")
  }

  // MARK: Making

  var unknownMaking: String {
    pick("How this checkpoint was made is not recorded.", "作成方法は記録されていません。")
  }

  var again: String {
    pick(
      "With the base model and the texts above in the working folder, on the same kind of machine and"
        + " BLAS, these commands give the same codes:",
      "作業フォルダーに元モデルと上記のテキストがあれば、同じ種類のマシンと BLAS で次のコマンドから同じ量子化コードが得られます。")
  }

  // MARK: Loading

  func loadingNote(_ isTenbin: Bool) -> String {
    pick(
      "By the rules in each loader's source, applied to this checkpoint's settings, names and shapes; the"
        + " loaders themselves were not run for this card.",
      "各ローダーのソースにある規則を本チェックポイントの設定・名前・形状に当てはめた結果で、このカードのためにローダーを実行してはいません。")
  }

  // MARK: Notes

  func rescued(_ count: Int, of total: Int) -> String {
    pick(
      "\(count) of \(total) modules could not be solved as asked and were rescued (double precision, "
        + "more damp, or round-to-nearest).",
      "\(total) モジュール中 \(count) 個は指定どおりに解けず、倍精度・より大きい damp・最近接丸めのいずれかで"
        + "救済しました。")
  }

  func inexactPacker(_ packer: String) -> String {
    pick(
      "Packed as `\(packer)` packs, which may change codes: this checkpoint shows that fault and is "
        + "not meant for use.",
      "`\(packer)` 方式でパッキングしているため、量子化コードが変わることがあります。この不具合を示すためのもので、"
        + "実用を意図していません。")
  }

  var sharedPropagation: String {
    pick(
      "Solved on the base model's activations (propagation: shared), without the error of the "
        + "quantized layers before.",
      "前段の層の量子化誤差は反映せず、元モデルの活性値を入力として量子化しています"
        + "（propagation: shared）。")
  }

  var limits: String {
    pick(
      "Perplexity and KL divergence say how near this model stays to its base on the texts above; "
        + "they do not measure abilities, safety or other kinds of text.",
      "パープレキシティと KL ダイバージェンスは、上記のテキストで元モデルにどれだけ近いかを示すもので、"
        + "能力や安全性、ほかの種類のテキストでの振る舞いを測るものではありません。")
  }

  func changed(_ names: [String]) -> String {
    let first = names.prefix(5).map(CardMarkup.line).joined(separator: comma)
    let more =
      names.count > 5 ? pick(" and \(names.count - 5) more", " ほか \(names.count - 5) 個") : ""
    return pick(
      "Changed since tenbin wrote the checkpoint: \(first)\(more).",
      "tenbin が書き出した後に変更されたもの：\(first)\(more)。")
  }

  func doubtful(_ text: String) -> String {
    pick("Likely not as it was meant: \(text).", "意図と異なる可能性があります：\(text)")
  }

  var madeWith: String { pick("Made with", "作成環境") }
  var baseHash: String {
    pick("SHA-256 of the base model's config and weights", "元モデルの config と重みの SHA-256")
  }
  var baseRevision: String { pick("Commit of the base model", "元モデルのコミット") }
}
