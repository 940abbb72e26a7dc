import Analysis

extension ScaleWording {
  /// The wording in both languages; `{}` is a value, `{1}` the first one.
  var words: Bilingual {
    switch self {
    case .misread:
      Bilingual(
        """
        the scales are bfloat16 bits under the type F16, or the reverse, in {} of {} \
        modules: read as the other type, weights are of an ordinary size
        """,
        "{2} モジュール中 {1} で、スケールのビット列が bfloat16 なのに型が F16（またはその逆）：もう一方の型で読むと重みは通常の大きさになる")
    case .misreadCost:
      Bilingual(
        "every weight is off by orders of magnitude: absurd text",
        "すべての重みが桁違いになり、出力は意味をなさない")
    case .misreadRemedy:
      Bilingual(
        "write the scales again in the type that their header names",
        "ヘッダーの型でスケールを書き直す")
    case .mismatchCost:
      Bilingual(
        "the groups' weights come out too large or too small",
        "グループの重みが大きすぎる、または小さすぎる値になる")
    case .uncoupled:
      Bilingual(
        """
        in {} of {} modules scales know nothing of their codes (correlation up to {}, where \
        a large scale goes with codes near the zero point)
        """,
        "{2} モジュール中 {1} で、スケールと量子化コードが対応していない（相関は最大 {3}。本来、スケールが大きいほどコードはゼロ点に集まる）")
    case .uncoupledRemedy:
      Bilingual(
        "scales or g_idx are not those of the quantizer: {}",
        "スケールか g_idx が量子化時のものではない：{}")
    case .strayGroups:
      Bilingual(
        "{} groups whose scale does not fit their weights, in {} of {} modules",
        "{3} モジュール中 {2} で、{1} グループのスケールが重みに合わない")
    case .rescaled:
      Bilingual(
        "all scales are off by a common factor, up to {}, in {} of {} modules",
        "{3} モジュール中 {2} で、全スケールが共通の倍率（最大 {1}）でずれている")
    case .wrongSign:
      Bilingual(
        """
        the codes of {} groups run against the base's weights in {} of {} modules: their \
        scales have the wrong sign
        """,
        "{3} モジュール中 {2} で、{1} グループの量子化コードが元モデルの重みと逆向き：スケールの正負が誤っている")
    case .wrongSignCost: Bilingual("these groups are turned round", "これらのグループは正負が反転する")
    case .negative:
      Bilingual(
        "{} scales are negative in {} of {} modules, and those of the other groups are not",
        "{3} モジュール中 {2} で、スケール {1} 個だけが負で、他のグループは正")
    case .negativeCost:
      Bilingual(
        "a group is turned round, unless its codes were counted against the sign",
        "量子化コードも逆向きに数えられていない限り、グループの正負が反転する")
    case .negativeRemedy:
      Bilingual(
        "give --base to see whether they were; {}",
        "--base を指定して確かめる。{}")
    case .mirrored:
      Bilingual(
        """
        {} scales are negative in {} of {} modules, and their codes are counted against the \
        sign: the same weights
        """,
        "{3} モジュール中 {2} で、スケール {1} 個が負だが、量子化コードも逆向きに数えられており、重みは同じ")
    case .unsigned:
      Bilingual(
        """
        {} symmetric groups, all but a hundredth, reach farther down than up in {} of {} \
        modules: full-range grids whose scales lost their signs
        """,
        "{3} モジュール中 {2} で、対称グループ {1} 個（99 % 以上）が下に広い：full_range グリッドのスケールから負号が失われている")
    case .unsignedCost: Bilingual("every other group is turned round", "半数のグループの正負が反転する")
    case .notFinite:
      Bilingual(
        "{} scales are NaN or infinite in {} of {} modules",
        "{3} モジュール中 {2} で、スケール {1} 個が NaN か無限大")
    case .vanished:
      Bilingual(
        "{} scales are 0 though their codes differ, in {} of {} modules",
        "{3} モジュール中 {2} で、量子化コードは異なるのにスケール {1} 個が 0")
    case .vanishedCost: Bilingual("all weights of these groups are 0", "これらのグループの重みがすべて 0 になる")
    case .vanishedRemedy:
      Bilingual(
        "quantize again with scales in a type that can hold them (bf16 or f32)",
        "スケールを表せる型（bf16 か f32）で量子化し直す")
    case .subnormal:
      Bilingual(
        "{} of {} scales are subnormal, with less than full precision, in {} of {} modules",
        "スケール {2} 個中 {1} 個が非正規化数で精度が落ちている（{4} モジュール中 {3}）")
    case .subnormalCost:
      Bilingual(
        "their weights are off by up to half a unit of 6e-8 a step",
        "重みは 1 ステップあたり最大 6e-8 の半分ずれる")
    case .subnormalRemedy:
      Bilingual(
        "nothing if the codes were counted with the rounded scales",
        "丸めた後のスケールで量子化されていれば不要")
    case .bfloat16:
      Bilingual(
        """
        scales are bfloat16 in {} of {} modules of 8 bits: eight bits of precision for 256 \
        steps
        """,
        "8 ビットのモジュール {2} 個中 {1} 個でスケールが bfloat16：256 ステップに対し精度が 8 ビットしかない")
    case .bfloat16Cost:
      Bilingual(
        "up to half a step at the ends of the grid; packers that do not clamp overflow here",
        "グリッドの端で最大半ステップの誤差。値域を制限しないパッカーはここでオーバーフローする")
    case .bfloat16Remedy: Bilingual("store scales as float16 next time", "次回はスケールを float16 で保存する")
    }
  }
}
