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

  /// `taken off by damp 0.1: +0.01 [0.00, 0.02] (limit 0.005)`.
  func number(_ number: DecidingNumber) -> String {
    var text =
      label(number.name) + words.pick(": ", "：") + "\(NumberText.significant(number.value, 3))"
    if let low = number.low, let high = number.high, low.isFinite, high.isFinite {
      text += " [\(NumberText.significant(low, 3)), \(NumberText.significant(high, 3))]"
    }
    if let threshold = number.threshold {
      let limit = NumberText.significant(threshold, 3)
      text += words.pick(" (significant above \(limit))", "（しきい値 \(limit)）")
    }
    return text
  }

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
    let english = name.replacing("_", with: " ")
    return words.language == .en ? english : japanese[name] ?? english
  }

  func next(_ next: NextMeasurement) -> String {
    switch next {
    case .none: ""
    case .auditCheckpoint:
      words.pick(
        "tenbin audit CHECKPOINT --base MODEL", "tenbin audit CHECKPOINT --base MODEL を実行する")
    case .repairCheckpoint:
      words.pick(
        "tenbin audit CHECKPOINT --base MODEL --repair OUT --heldout HELDOUT",
        "tenbin audit CHECKPOINT --base MODEL --repair OUT --heldout HELDOUT で修復する")
    case .exactPacker:
      words.pick(
        "quantize with packer: exact and evaluate again", "packer: exact で量子化し、評価し直す")
    case .raiseDamp:
      words.pick(
        "sweep damp_percent over 0.01, 0.05, 0.1 with rescue: auto",
        "rescue: auto で damp_percent を 0.01、0.05、0.1 と変えて測る")
    case .compareKernels:
      words.pick(
        "run 64 prompts with the served kernel and with dequantized weights; compare logits",
        "本番の推論カーネルと逆量子化した重みで 64 プロンプトを実行し、ロジットを比べる")
    case .runInBF16:
      words.pick(
        "count Inf and NaN in a float16 run, or run in bfloat16",
        "float16 実行の Inf と NaN を数えるか、bfloat16 で実行する")
    case .moreHeldoutText:
      words.pick("more held-out text: --heldout-tokens", "評価文を増やす（--heldout-tokens）")
    case .moreDraws: words.pick("more calibration draws: --seeds", "キャリブレーションデータの抽出を増やす（--seeds）")
    case .widerCalibration:
      words.pick(
        "calibrate on a mix of the domains and diagnose again", "複数ドメインを混ぜてキャリブレーションし、再度診断する")
    case .giveOtherDomains:
      words.pick("give other domains to --heldout", "--heldout に他のドメインを加える")
    case .storeFloat16Scales: words.pick("store scales as f16", "スケールを f16 で保存する")
    case .staticGroups: words.pick("quantize with static_groups", "static_groups を有効にする")
    case .compareTokenIDs:
      words.pick(
        "compare the token ids of one rendered prompt on both sides",
        "同じプロンプトのトークン ID を両側で比べる")
    case .copyTokenizer:
      words.pick(
        "copy tokenizer files from the base and evaluate again",
        "元モデルのトークナイザー一式をコピーして評価し直す")
    case .alignModules:
      words.pick("quantize the same modules on both sides", "両側で同じモジュールを量子化する")
    }
  }
}
