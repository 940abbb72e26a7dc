import Analysis

extension BaseWording {
  /// The wording in both languages; `{}` is a value, `{1}` the first one.
  var words: Bilingual {
    switch self {
    case .whatAndWhere: Bilingual("{} {}", "{1}{2}")
    case .unrelated:
      Bilingual(
        "{} of {} modules have nothing in common with the base's weights of their names",
        "{2} モジュール中 {1} が、元モデルの同名の重みと無関係")
    case .unrelatedMostCost:
      Bilingual(
        "what the audit says of the base's weights is void",
        "元モデルの重みとの比較結果は無効")
    case .unrelatedCost:
      Bilingual(
        "these modules compute something else than the base's",
        "これらのモジュールは元モデルと異なる計算をする")
    case .unrelatedMostRemedy:
      Bilingual(
        "give the model that was quantized as --base, or the checkpoint is ruined",
        "量子化した元モデルを --base に指定する。指定が正しければ、このチェックポイントは壊れている")
    case .quantizeModulesAgain: Bilingual("quantize these modules again", "これらのモジュールを量子化し直す")
    case .sameFunction:
      Bilingual(
        """
        it computes the base's function with other weights (smoothed, rotated, or in another \
        order): KL divergence {} nats per token, round-to-nearest's {}
        """,
        "重みは異なるが（平滑化・回転・並べ替え）、元モデルと同じ関数を計算する：KL ダイバージェンス {} nat/トークン、最近接丸めでは {}")
    case .turned:
      Bilingual(
        """
        the embeddings are the base's turned by one orthogonal matrix (QuaRot, SpinQuant): \
        the weights behind them have nothing in common with the base's
        """,
        "埋め込みは元モデルの埋め込みを 1 つの直交行列で回転したものである（QuaRot、SpinQuant）。後段の重みは元モデルの重みと対応しない")
    case .turnedRemedy:
      Bilingual(
        "leave --functional on to hold the function against the base's",
        "--functional on のままにして、元モデルの関数と比べる")
    case .alsoInOutputs: Bilingual("and in outputs, too", "。出力でも劣る")
    case .worseThanRounding:
      Bilingual(
        "the module is worse than plain rounding in every respect",
        "このモジュールはあらゆる点で最近接丸めに劣る")
    case .outputsNotMeasured: Bilingual("; outputs were not measured", "。出力は未測定")
    case .farFromBaseCost:
      Bilingual(
        "near-singular Hessians move weights that far; held-out text pays for it",
        "特異に近いヘッセ行列では重みがここまで動き、評価文で悪化する")
    case .farFromBase:
      Bilingual(
        "{} of {} modules are up to {} times as far from the base as round-to-nearest {}",
        "{2} モジュール中 {1} が、最近接丸めの最大 {3} 倍、元モデルから離れている{4}")
    case .measureOutputs:
      Bilingual(
        "give --calibration to measure outputs; quantize again with more damp",
        "--calibration を指定して出力を測る。damp_percent を上げて量子化し直す")
    case .moreDampOrText:
      Bilingual(
        "quantize again with more damp or more calibration text",
        "damp_percent を上げるか、キャリブレーションデータを増やして量子化し直す")
    case .holdsOther: Bilingual("{} holds the base's {}", "{1} に元モデルの {2} が入っている")
    case .otherTensors:
      Bilingual(
        "{} of {} modules are other tensors: {}{}",
        "{2} モジュール中 {1} が別のテンソル：{3}{4}")
    case .andSoOn: Bilingual("; and so on", "、ほか")
    case .otherTensorsCost: Bilingual("{} computes what another should", "{} が別のモジュールの計算をする")
    case .otherTensorsRemedy:
      Bilingual(
        "rename the tensors back, or convert the model again",
        "テンソル名を元に戻すか、モデルを変換し直す")
    case .place: Bilingual("in {} of {} modules, such as {}", "（{2} モジュール中 {1}、例：{3}）")
    case .wrongOrderCost:
      Bilingual(
        "the module computes something else than the base's: absurd text",
        "モジュールが元モデルと異なる計算をし、出力は意味をなさない")
    case .convertAgain:
      Bilingual(
        "convert the base's weights again with the right order",
        "正しい順序で元モデルの重みを変換し直す")
    case .otherTensor: Bilingual("the base's {}", "元モデルの {}")
    case .interleavedRows:
      Bilingual(
        """
        rows stand in the interleaved order of the rotary embedding (GGUF's, Meta's), where \
        this format has halves,
        """,
        "行が回転位置埋め込みの交互配置（GGUF・Meta 形式）になっており、前半・後半の配置ではない")
    case .interleavedRowsRemedy:
      Bilingual(
        "undo the permutation of q's and k's rows",
        "q と k の行の並べ替えを元に戻す")
    case .headOrder: Bilingual("whole heads stand in another order", "ヘッドの順序が入れ替わっている")
    case .rowOrder: Bilingual("rows stand in another order than the base's", "行の順序が元モデルと異なる")
    case .columnOrder: Bilingual("columns stand in another order than the base's", "列の順序が元モデルと異なる")
    case .splitRows:
      Bilingual(
        "rows come from {}: a fused tensor was split wrongly,",
        "行が {} に由来する：結合テンソルの分割が誤っている")
    case .packAgain: Bilingual("pack qweight again in GPTQ's order", "GPTQ の順序で qweight をパッキングし直す")
    case .transposed: Bilingual("the weight is transposed", "重みが転置されている")
    case .reversedInWords: Bilingual("codes in reversed order within each word", "量子化コードがワード内で逆順")
    case .byteOrder: Bilingual("words in the other byte order", "ワードのバイト順が逆")
    case .reversedInBytes: Bilingual("codes in reversed order within each byte", "量子化コードがバイト内で逆順")
    case .orderOfAWQ: Bilingual("codes in AWQ's order within each word", "量子化コードがワード内で AWQ の順序")
    case .reverseOrderOfAWQ:
      Bilingual(
        "codes in the reverse of AWQ's order within each word",
        "量子化コードがワード内で AWQ の逆順")
    case .signedCodes:
      Bilingual(
        "codes as signed numbers, where GPTQ counts from 0",
        "量子化コードが符号付き整数（GPTQ は 0 から数える）")
    case .otherBase:
      Bilingual(
        """
        {} of {} modules differ alike from the base, by about {} % of their weights beyond \
        rounding{}: the base given is not the model that was quantized (another revision, a \
        fine-tune, a merged LoRA)
        """,
        """
        {2} モジュール中 {1} が、丸めを超えて重みの約 {3} % ほど一様に元モデルと異なる{4}：指定された元モデルは量子化されたモデルではない（別リビジョン、\
        ファインチューニング、LoRA のマージ）
        """)
    case .scoresNoWorse:
      Bilingual(
        ", and the checkpoint scores plain text no worse",
        "が、平文の評価は劣らない")
    case .otherBaseCost:
      Bilingual(
        "what was measured against the base says nothing of the quantization",
        "元モデルとの比較結果は量子化の良否を示さない")
    case .otherBaseRemedy:
      Bilingual(
        "give the model that was quantized as --base",
        "量子化した元モデルを --base に指定する")
    }
  }
}
