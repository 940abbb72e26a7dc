import Analysis

extension FunctionWording {
  /// The wording in both languages; `{}` is a value, `{1}` the first one.
  var words: Bilingual {
    switch self {
    case .turnedNotRun:
      Bilingual(
        "the weights are the base's turned, and nothing was run",
        "重みは元モデルの重みを回転したもので、実行していない")
    case .ran: Bilingual("run on {} tokens of text", "{} トークンの文で実行")
    case .ranOtherwise:
      Bilingual(
        "run on {} tokens of text, and read otherwise in {} ways",
        "{1} トークンの文で実行し、{2} 通りの別の読み方でも実行")
    case .moreReadings: Bilingual(" (and, less, in {} other readings)", "（ほか {} 通りの読み方でもこれより小さい改善）")
    case .readingGains:
      Bilingual(
        "plain text is scored {} nats per token better {}, t = {}{}",
        "{2}読むと、平文のスコアが {1} nat/トークン良くなる（t = {3}）{4}")
    case .partGainsCost:
      Bilingual(
        "this part adds noise: it is not what the model was trained with",
        "この部分は雑音になっている：学習時のものではない")
    case .readingGainsCost:
      Bilingual(
        "loaders compute another function than the model was trained for",
        "ローダーが学習時と異なる関数を計算する")
    case .partGainsRemedy:
      Bilingual(
        "give --base to find the cause; quantize or convert this part again",
        "--base を指定して原因を調べ、この部分を量子化または変換し直す")
    case .readingGainsRemedy:
      Bilingual(
        "compare with the base's files, or give --base; convert the checkpoint again",
        "元モデルのファイルと比べるか --base を指定し、チェックポイントを変換し直す")
    case .implausibleCost:
      Bilingual(
        "text that the checkpoint writes is garbage, whatever the cause",
        "原因によらず、生成文は意味をなさない")
    case .implausibleRemedy:
      Bilingual(
        "give --base to find the cause; try the checkpoint in a loader",
        "--base を指定して原因を調べる。ローダーで実際に動かしてみる")
    case .implausible:
      Bilingual(
        """
        perplexity {} on plain text of everyday life, the best of {}: a model that knows one \
        of them is far below {}
        """,
        "日常的な平文のパープレキシティが {1}（{2} のうち最良）：いずれかの言語を学習したモデルなら {3} を大きく下回る")
    case .leavesBase:
      Bilingual(
        " The stream leaves the base's in layer {}.",
        "隠れ状態は層 {} で元モデルから離れる。")
    case .farFromBase:
      Bilingual(
        """
        KL divergence {} nats per token from the base on {} tokens of plain text, where \
        round-to-nearest on such grids has {}; perplexity {}, the base's {}.{}
        """,
        """
        平文 {2} トークンで元モデルからの KL ダイバージェンスが {1} nat/トークン（同じグリッドの最近接丸めは {3}）。パープレキシティは {4}、元モデルは\
         {5}。{6}
        """)
    case .farFromBaseCost:
      Bilingual(
        "the checkpoint behaves far worse than plain rounding of its base would",
        "元モデルの最近接丸めよりはるかに劣る")
    case .farFromBaseRemedy:
      Bilingual(
        "see the other findings for the cause; if there is none, look at that layer",
        "原因は他の所見を参照。なければその層を調べる")
    case .interleavedRows:
      Bilingual(
        "with rows of q and k taken from the interleaved rotary order (GGUF's, Meta's)",
        "q と k の行を回転位置埋め込みの交互配置（GGUF・Meta 形式）として")
    case .headWidth: Bilingual("with heads of {} channels", "ヘッドの幅を {} として")
    case .halfLastNorm: Bilingual("with half the weights of the last norm", "最後の正規化層の重みを半分にして")
    case .doubleLastNorm: Bilingual("with twice the weights of the last norm", "最後の正規化層の重みを 2 倍にして")
    case .gateAndUpOfLayer:
      Bilingual(
        "with gate and up of layer {} exchanged",
        "層 {} の gate と up を入れ替えて")
    case .gateAndUp: Bilingual("with gate and up exchanged in all layers", "全層の gate と up を入れ替えて")
    case .keyAndValue: Bilingual("with k and v exchanged in all layers", "全層の k と v を入れ替えて")
    case .theta: Bilingual("with rope_theta {}", "rope_theta を {} として")
    case .noScaling: Bilingual("without rope_scaling", "rope_scaling なしで")
    case .noWindow: Bilingual("without a sliding window", "スライディングウィンドウなしで")
    case .withoutPart: Bilingual("without {} of layer {}", "層 {2} の {1} を除いて")
    case .layersExchanged: Bilingual("with layers {} and {} exchanged", "層 {1} と {2} を入れ替えて")
    }
  }
}
