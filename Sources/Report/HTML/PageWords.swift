import Analysis
import Results

/// The words of a study's page itself: headings, table columns, the environment block.
enum PageWords {
  static let findings = ShellWords.findings
  static let picks = Bilingual("Which one do I ship?", "どのモデルを出荷するか")
  static let trials = Bilingual("Trials", "トライアル一覧")
  static let domains = Bilingual("Scores by domain", "ドメイン別の値")
  static let environment = Bilingual("How this was measured", "測定条件")
  static let sweepFile = Bilingual("sweep.yaml as run", "実行した sweep.yaml")
  static let trialPicker = Bilingual("trial", "トライアル")
  static let best = Bilingual("best of its size", "このサイズで最良")
  static let model = Bilingual("model", "モデル")
  static let base = Bilingual("base", "元モデル")

  static let accuracy = Bilingual("right answers", "正答率")
  static func perplexity(on domain: String) -> Bilingual {
    Bilingual("\(domain): perplexity ±", "\(domain)：パープレキシティ ±")
  }

  static func kld(on domain: String) -> Bilingual {
    Bilingual(
      "mean KL(base ‖ trial) on \(domain), thousandths of a nat per token",
      "\(domain) での平均 KL(元モデル ‖ トライアル)、10⁻³ nat/トークン")
  }

  static func title(_ environment: StudyEnvironment) -> Bilingual {
    environment.model.isEmpty
      ? Bilingual("Quantization study", "量子化の比較")
      : Bilingual("\(environment.model), quantized", "\(environment.model) の量子化")
  }

  static func summary(_ findings: Findings) -> Bilingual {
    let results = findings.results
    let environment = results.environment
    let companions = results.trials.filter(\.isRTN).count
    let repeats = results.trials.count { $0.draw > 0 }
    let solved = results.trials.count - companions - repeats
    var text = Bilingual(
      "\(solved) GPTQ \(solved == 1 ? "trial" : "trials")", "GPTQ \(solved) トライアル")
    if companions > 0 {
      text =
        text
        + Bilingual(
          " and \(companions) round-to-nearest \(companions == 1 ? "companion" : "companions")",
          "、最近接丸め（RTN）\(companions) トライアル")
    }
    if repeats > 0 {
      text =
        text
        + Bilingual(
          ", \(repeats) repeats on other calibration draws",
          "、別のキャリブレーション抽出での再実行 \(repeats) 件")
    }
    if environment.parameters > 0 {
      let counts = [environment.parameters, environment.quantizedParameters]
        .map(NumberText.parameters)
      text =
        text
        + Bilingual(
          " of \(environment.model.isEmpty ? "a model" : environment.model) "
            + "(\(counts[0]) parameters, \(counts[1]) of them quantized)",
          "。モデルは \(environment.model.isEmpty ? "1 個" : environment.model)"
            + "（パラメーター \(counts[0])、うち量子化 \(counts[1])）")
    }
    if environment.calibrationTokens > 0 {
      let samples = NumberText.count(environment.calibrationSamples)
      let tokens = NumberText.count(environment.calibrationTokens)
      text =
        text
        + Bilingual(
          ", calibrated on \(samples) samples (\(tokens) tokens)",
          "。キャリブレーションデータは \(samples) サンプル（\(tokens) トークン）")
    }
    if environment.heldoutTokens > 0 {
      let tokens = NumberText.count(environment.heldoutTokens)
      text =
        text
        + Bilingual(
          ", scored on \(tokens) held-out tokens per domain", "、評価はドメインごとに \(tokens) トークン")
    }
    return text + Bilingual(".", "。")
  }

  /// What ± and ties mean.
  static let errors = Bilingual(
    "± is one standard error: of a perplexity over documents, of a difference over windows of text. "
      + "Differences are called ties within their 95 % interval, over text, calibration draws and the "
      + "number of trials compared, or within \(NumberText.brief(FloatNoise.nll)) nats per token.",
    "± は標準誤差です（パープレキシティは文書間、差はテキストの窓の間）。"
      + "テキスト・キャリブレーション抽出・比較するトライアル数を考慮した 95 % 区間の内側、または "
      + "\(NumberText.brief(FloatNoise.nll)) nat/トークン以内の差は「同等」とします。")

  static func trialsNote(_ names: TrialNames) -> Bilingual {
    let shared = names.shared.joined(separator: ", ")
    return Bilingual(
      "Click a heading to sort; filter by words such as bits=4. ★ marks the best of each size."
        + (shared.isEmpty ? "" : " All GPTQ trials: \(shared).")
        + " Errors are relative, mean over modules.",
      "見出しをクリックすると並べ替え、bits=4 のような語で絞り込めます。★ は各サイズの最良です。"
        + (shared.isEmpty ? "" : "GPTQ の全トライアルに共通：\(shared)。")
        + "誤差はモジュール平均の相対誤差です。")
  }

  /// Which values stand in a table of trials, where some were repeated.
  static let ownScores = Bilingual(
    "Each row is that trial's own score; the first screen and the findings use the mean of repeats.",
    "各行はそのトライアル自身の値です。冒頭の表と「わかったこと」では再実行の平均を使います。")

  /// The label of the button that shows and hides the rows below a trial's.
  static func folded(repeats: Int, companions: Int) -> Bilingual {
    var parts: [Bilingual] = []
    if repeats > 0 {
      parts.append(
        Bilingual("\(repeats) \(repeats == 1 ? "repeat" : "repeats")", "再実行 \(repeats) 件"))
    }
    if companions > 0 { parts.append("RTN") }
    return Bilingual(
      parts.map(\.en).joined(separator: ", "), parts.map(\.ja).joined(separator: "、"))
  }

  private static let nllColumn = TableMarkup.Column(
    "ΔNLL ± ×10⁻³",
    help: Bilingual(
      "thousandths of a nat per token over the base, paired", "元モデルとの対応のある差、10⁻³ nat/トークン"),
    source: .init(column: "nll_delta", stderr: "nll_delta_stderr", unit: 1e-3))
  private static let kldColumn = TableMarkup.Column(
    "KL ± ×10⁻³",
    help: Bilingual(
      "mean KL(base ‖ trial), thousandths of a nat per token",
      "平均 KL(元モデル ‖ トライアル)、10⁻³ nat/トークン"),
    source: .init(column: "kld_mean", stderr: "kld_stderr", unit: 1e-3))
  private static let sameTopColumn = TableMarkup.Column(
    Bilingual("same top, %", "最上位一致, %"),
    help: Bilingual(
      "tokens on which both rank the same token first", "最も確率の高いトークンが元モデルと一致する割合"),
    source: .init(column: "same_top_p", unit: 1e-2))

  /// The columns of the table of trials; that of rescued modules only where some trial has such.
  static func trialColumns(hasRescued: Bool) -> [TableMarkup.Column] {
    var columns: [TableMarkup.Column] = [
      .init(
        "#", help: Bilingual("number in the study", "スタディ内の番号"), source: .init(column: "trial")),
      .init(
        Bilingual("settings", "設定"),
        help: Bilingual("what tells the trial from the others", "他のトライアルと異なる設定")),
      .init(
        Bilingual("perplexity", "パープレキシティ"),
        help: Bilingual("on the first domain", "最初のドメインでの値"), source: .init(column: "perplexity")),
      kldColumn, nllColumn, sameTopColumn,
      .init(
        Bilingual("bits / weight", "ビット/重み"),
        help: Bilingual("scales, zeros and g_idx counted", "スケール、ゼロ点、g_idx を含む"),
        source: .init(column: "bits_per_weight")),
      .init(
        Bilingual("size", "サイズ"),
        help: Bilingual("bytes of the whole checkpoint", "チェックポイント全体のバイト数"),
        source: .init(column: "size_bytes")),
      .init(
        Bilingual("error, calib.", "誤差（キャリブレーション）"),
        help: Bilingual(
          "mean relative error on calibration inputs", "キャリブレーションデータでの平均相対誤差"),
        source: .init(column: "relative_error_calibration_mean")),
      .init(
        Bilingual("error, held\u{2011}out", "誤差（評価）"),
        help: Bilingual("mean relative error on held-out inputs", "評価テキストでの平均相対誤差"),
        source: .init(column: "relative_error_heldout_mean")),
    ]
    if hasRescued {
      columns.append(
        .init(
          Bilingual("rescued", "救済"),
          help: Bilingual("modules whose solve did not go as asked", "指定どおりに解けなかったモジュール数"),
          source: .init(column: "modules_rescued")))
    }
    columns.append(
      .init(
        Bilingual("time", "時間"),
        help: Bilingual("seconds this trial added to the pass", "このトライアルで増えた秒数"),
        source: .init(column: "wall_seconds")))
    return columns
  }

  static let tokenKinds = Bilingual("On which tokens do they differ?", "どのトークンで差が出るか")
  static let tokenKind = Bilingual("tokens", "トークンの種類")
  static let tokens = Bilingual("count", "個数")

  static func tokenKindsReading(_ domain: String) -> Bilingual {
    Bilingual(
      "KL per token on \(domain) by the kind of token, and by the probability of the base's most likely "
        + "token.",
      "\(domain) でのトークンあたりの KL を、トークンの種類と、元モデルの最も確率の高いトークンの確率で分けた値です。")
  }

  static func tokenKind(_ part: DivergenceSummary.Part) -> Bilingual {
    guard part.kind == .tokenClass else {
      let range = part.name.replacing("-", with: "–")
      return Bilingual("base's probability \(range)", "元モデルの確率 \(range)")
    }
    return switch part.name {
    case "kanji": Bilingual("kanji", "漢字")
    case "kana": Bilingual("kana", "かな")
    case "latin": Bilingual("Latin letters", "ラテン文字")
    case "digits": Bilingual("digits", "数字")
    case "punctuation": Bilingual("punctuation", "句読点")
    default: Bilingual(part.name, "その他")
    }
  }

  static let oneTrial = Bilingual("One trial", "トライアルの詳細")
  static let module = Bilingual("module", "モジュール")
  static let modulesOfTrial = Bilingual("Module by module", "モジュール別の値")

  /// Of a trial's scores by domain.
  static let scoreColumns: [TableMarkup.Column] = [
    .init(Bilingual("domain", "ドメイン")),
    .init(
      Bilingual("perplexity ±", "パープレキシティ ±"),
      source: .init(column: "perplexity", stderr: "perplexity_stderr", isByDomain: true)),
    .init(
      "ΔNLL ± ×10⁻³", help: nllColumn.help,
      source: .init(
        column: "nll_delta", stderr: "nll_delta_stderr", unit: 1e-3, isByDomain: true)),
    .init(
      "KL ± ×10⁻³", help: kldColumn.help,
      source: .init(column: "kld_mean", stderr: "kld_stderr", unit: 1e-3, isByDomain: true)),
    .init(
      sameTopColumn.title, help: sameTopColumn.help,
      source: .init(column: "same_top_p", unit: 1e-2, isByDomain: true)),
  ]

  /// The same of questions.
  static let accuracyColumn = TableMarkup.Column(
    accuracy,
    source: .init(
      column: "accuracy", stderr: "accuracy_stderr", unit: 1e-2, isByDomain: true))

  static func state(_ state: TrialResult.State) -> Bilingual {
    switch state {
    case .running: Bilingual("running", "実行中")
    case .complete: Bilingual("complete", "完了")
    case .failed: Bilingual("failed", "失敗")
    case .pruned: Bilingual("pruned", "打ち切り")
    }
  }

  static func environmentRows(_ environment: StudyEnvironment) -> [(Bilingual, String)] {
    let rows: [(Bilingual, String)] = [
      ("tenbin", environment.toolVersion),
      (Bilingual("engine", "計算エンジン"), environment.engine),
      (Bilingual("machine", "マシン"), environment.machine), (model, environment.model),
      (Bilingual("model revision", "モデルのリビジョン"), environment.modelRevision),
      (Bilingual("model SHA-256", "モデルの SHA-256"), environment.modelHash),
      (Bilingual("parameters", "パラメーター数"), positive(environment.parameters)),
      (
        Bilingual("quantized parameters", "量子化するパラメーター数"),
        positive(environment.quantizedParameters)
      ),
      (
        Bilingual("base checkpoint", "元モデルのサイズ"),
        environment.baseSizeBytes > 0 ? NumberText.bytes(environment.baseSizeBytes) : ""
      ),
      (Bilingual("calibration set", "キャリブレーションデータ"), environment.calibration),
      (
        Bilingual("calibration SHA-256", "キャリブレーションデータの SHA-256"),
        environment.calibrationHash
      ),
      (
        Bilingual("calibration samples", "キャリブレーションのサンプル数"),
        positive(environment.calibrationSamples)
      ),
      (
        Bilingual("calibration tokens", "キャリブレーションのトークン数"),
        positive(environment.calibrationTokens)
      ),
      (Bilingual("domains", "ドメイン"), environment.domains.joined(separator: ", ")),
      (Bilingual("context, blocks convention", "文脈長（blocks 方式）"), positive(environment.context)),
      (
        Bilingual("evaluation tokens per domain", "ドメインごとの評価トークン数"),
        positive(environment.heldoutTokens)
      ),
      (Bilingual("seed", "乱数シード"), String(environment.seed)),
      (Bilingual("started", "開始"), environment.started),
      (
        Bilingual("wall time", "所要時間"),
        environment.wallSeconds > 0 ? NumberText.duration(environment.wallSeconds) : ""
      ),
    ]
    return rows.filter { !$0.1.isEmpty }
  }

  private static func positive(_ value: Int) -> String {
    value > 0 ? NumberText.count(value) : ""
  }
}
