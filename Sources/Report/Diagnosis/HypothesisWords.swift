import Analysis

/// The hypotheses, their numbers and the next measurements, in English or Japanese.
struct HypothesisWords: Sendable {
  let words: DiagnosisWords

  func name(_ hypothesis: Hypothesis) -> String {
    switch hypothesis {
    case .packingOverflow: words.pick("codes overflow when packed", "パッキング時の量子化コードのオーバーフロー")
    case .damping: words.pick("too little damping", "ダンピング不足")
    case .kernel: words.pick("the runtime kernel", "実行カーネル")
    case .activationOverflow: words.pick("activations beyond float16", "活性値の float16 オーバーフロー")
    case .evaluationNoise: words.pick("evaluation noise", "評価の誤差")
    case .calibrationBias: words.pick("calibration bias", "キャリブレーションデータの偏り")
    case .scalePrecision: words.pick("rounded scales", "スケールの丸め")
    case .driftedGroups: words.pick("group scales fixed before the updates", "更新前の重みで決めたグループスケール")
    case .tokenizer:
      words.pick("tokenizer or chat template differs", "トークナイザーやチャットテンプレートの不一致")
    case .zeroPoint: words.pick("zero points off", "ゼロ点のずれ")
    case .moduleSets: words.pick("different modules quantized", "量子化対象モジュールの不一致")
    }
  }

  func status(_ status: HypothesisStatus) -> String {
    switch status {
    case .confirmed: words.pick("confirmed", "確認")
    case .refuted: words.pick("refuted", "棄却")
    case .undecided: words.pick("undecided", "未確定")
    case .notApplicable: words.pick("not applicable", "対象外")
    }
  }

  /// `loss removed by damp 0.1: 0.01 [0.00, 0.02] (limit 0.005)`; where the limit is one of significance,
  /// also what the interval and the amount say.
  func number(_ number: DecidingNumber) -> String {
    var text =
      label(number.name) + words.pick(": ", "：") + "\(NumberText.significant(number.value, 3))"
    if let low = number.low, let high = number.high, low.isFinite, high.isFinite {
      text += " [\(NumberText.significant(low, 3)), \(NumberText.significant(high, 3))]"
    }
    if let threshold = number.threshold {
      let limit = NumberText.significant(threshold, 3)
      let said = significance(number, threshold)
      text += words.pick(" (\(said)limit \(limit))", "（\(said)しきい値 \(limit)）")
    }
    return text
  }

  /// What of significance can be said of a number: whether its interval holds 0, and whether it is more
  /// than its limit; nothing where it is no estimate of a difference.
  private func significance(_ number: DecidingNumber, _ threshold: Double) -> String {
    guard number.name == "nll_difference" || number.name.hasPrefix(Self.removal),
      let low = number.low, let high = number.high, low.isFinite, high.isFinite
    else { return "" }
    let excludes = low > 0 || high < 0
    let isMore = abs(number.value) > threshold
    return words.pick(
      "the interval \(excludes ? "excludes" : "includes") 0, the amount is "
        + "\(isMore ? "more" : "not more") than the ",
      "区間は 0 を\(excludes ? "含まない" : "含む")、大きさはしきい値\(isMore ? "を超える" : "以下")、")
  }

  private static let removal = "taken_off_by_"

  private func label(_ name: String) -> String {
    let japanese: [String: String] = [
      "packer_changed_codes_share": "パッカーが変えた量子化コードの割合",
      "taken_off_by_exact_packing": "正確なパッキングに替えたときの減少量",
      "taken_off_by_damp_0.1": "damp 0.1 に替えたときの減少量",
      "taken_off_by_float32_scales": "float32 スケールに替えたときの減少量",
      "taken_off_by_static_groups": "static_groups に替えたときの減少量",
      "moved_by_control": "対照（damp 2 % 増）による変化",
      "overfitting_over_rtn": "過適合比（RTN 比）", "modules_exploded_or_failed": "破綻したモジュール数",
      "modules_worse_than_rtn": "RTN より悪いモジュール数", "damp_percent_used": "実際の damp",
      "condition_number_median": "条件数の中央値", "nll_difference_of_weights": "重みの差だけで説明される NLL の差",
      "largest_activation": "活性値の最大値", "nll_difference": "NLL の差",
      "calibration_part": "キャリブレーションデータの寄与", "kld_over_rtn_on_worst_domain": "最悪ドメインの KL（RTN 比）",
      "kld_over_rtn_on_main_domain": "主ドメインの KL（RTN 比）", "scale_precision_part": "スケールの型の寄与",
      "clip_rate": "クリップ率", "tokenizers_differ": "トークナイザーの不一致",
      "chat_templates_differ": "チャットテンプレートの不一致", "zero_point_findings": "ゼロ点の検出数",
      "modules_in_one_only": "片側だけのモジュール数",
    ]
    let plain = name.replacing("_", with: " ")
    let english =
      name.hasPrefix(Self.removal)
      ? "loss removed by" + plain.dropFirst(Self.removal.count - 1)
      : name.hasPrefix("kld_over_rtn")
        ? plain.replacing("kld over rtn", with: "KL over RTN's") : plain
    return words.language == .en ? english : japanese[name] ?? english
  }

  func next(_ next: NextMeasurement) -> String {
    switch next {
    case .none: ""
    case .auditCheckpoint:
      words.pick(
        "tenbin audit CHECKPOINT --base MODEL", "tenbin audit CHECKPOINT --base MODEL を実行します")
    case .repairCheckpoint:
      words.pick(
        "tenbin audit CHECKPOINT --base MODEL --repair OUT --heldout HELDOUT",
        "tenbin audit CHECKPOINT --base MODEL --repair OUT --heldout HELDOUT で修復します")
    case .exactPacker:
      words.pick(
        "quantize with packer: exact and evaluate again", "packer: exact で量子化し、評価し直します")
    case .raiseDamp:
      words.pick(
        "sweep damp_percent over 0.01, 0.05, 0.1 with rescue: auto",
        "rescue: auto で damp_percent を 0.01、0.05、0.1 と変えて測ります")
    case .compareKernels:
      words.pick(
        "run 64 prompts with the served kernel and with dequantized weights; compare logits",
        "本番の推論カーネルと逆量子化した重みで 64 プロンプトを実行し、ロジットを比べます")
    case .runInBF16:
      words.pick(
        "count Inf and NaN in a float16 run, or run in bfloat16",
        "float16 実行の Inf と NaN を数えるか、bfloat16 で実行します")
    case .moreHeldoutText:
      words.pick("more held-out text: --heldout-tokens", "評価文を増やします（--heldout-tokens）")
    case .moreDraws: words.pick("more calibration draws: --seeds", "キャリブレーションデータの抽出を増やします（--seeds）")
    case .widerCalibration:
      words.pick(
        "calibrate on a mix of the domains and diagnose again", "複数ドメインを混ぜてキャリブレーションし、再度診断します")
    case .giveOtherDomains:
      words.pick("give other domains to --heldout", "--heldout に他のドメインを加えます")
    case .storeFloat16Scales: words.pick("store scales as f16", "スケールを f16 で保存します")
    case .staticGroups: words.pick("quantize with static_groups", "static_groups を有効にします")
    case .compareTokenIDs:
      words.pick(
        "compare the token ids of one rendered prompt on both sides",
        "同じプロンプトのトークン ID を両側で比べます")
    case .copyTokenizer:
      words.pick(
        "copy tokenizer files from the base and evaluate again",
        "元モデルのトークナイザー一式をコピーして評価し直します")
    case .alignModules:
      words.pick("quantize the same modules on both sides", "両側で同じモジュールを量子化します")
    }
  }
}
