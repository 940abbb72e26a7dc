import Analysis

extension ZeroPointWording {
  /// The wording in both languages; `{}` is a value, `{1}` the first one.
  var words: Bilingual {
    switch self {
    case .offMiddleRemedy:
      Bilingual(
        """
        correct checkpoint_format (gptq stores zero - 1, gptq_v2 the zero itself), or write \
        qzeros again
        """,
        "checkpoint_format を直す（gptq はゼロ点 − 1、gptq_v2 はゼロ点そのものを保存する）か、qzeros を書き直す")
    case .offMiddleCost:
      Bilingual(
        "every weight is moved by one step: ruin at 4 bits and below, slight at 8",
        "すべての重みが 1 ステップずれる：4 ビット以下では致命的、8 ビットでは軽微")
    case .offMiddle:
      Bilingual(
        """
        all zero points are the middle code {} in {} of {} modules, where sym means the \
        middle code
        """,
        "{3} モジュール中 {2} で、sym なら中央のコードであるべきゼロ点がすべて中央 {1} になっている")
    case .notMiddle:
      Bilingual(
        "zero points other than the middle code in {} of {} modules, though sym is true",
        "sym は true だが、{2} モジュール中 {1} でゼロ点が中央のコードではない")
    case .notMiddleCost:
      Bilingual(
        "kernels for symmetric grids (Marlin) ignore qzeros and read other weights",
        "対称グリッド用カーネル（Marlin）は qzeros を無視し、別の重みを読む")
    case .notMiddleRemedy:
      Bilingual(
        "set sym to false if the grids are asymmetric, or download qzeros again",
        "グリッドが非対称なら sym を false にする。そうでなければ qzeros を再度ダウンロードする")
    case .offTargets:
      Bilingual(
        "codes are off their targets by {} steps on average in {} of {} modules",
        "{3} モジュール中 {2} で、量子化コードが目標から平均 {1} ステップずれている")
    case .groupsOffTargets:
      Bilingual(
        "{} groups are off their targets by about a step, in {} of {} modules",
        "{3} モジュール中 {2} で、{1} グループが目標から約 1 ステップずれている")
    case .storedBelowZero:
      Bilingual(
        """
        {} of {} zero points are 0, which checkpoint_format gptq stores as -1, in {} of {} \
        modules
        """,
        "ゼロ点 {2} 個中 {1} 個が 0 で、checkpoint_format gptq では −1 として保存される（{4} モジュール中 {3}）")
    case .storedBelowZeroCost:
      Bilingual(
        """
        loaders that add 1 to whole words (GPTQModel's conversion to v2) carry into the next \
        zero point, and packers that cast before masking have ruined it already
        """,
        "ワード単位で 1 を加えるローダー（GPTQModel の v2 変換）では隣のゼロ点に桁上がりする。マスク前に型変換するパッカーでは既に壊れている")
    case .storedBelowZeroRemedy:
      Bilingual(
        "write checkpoint_format gptq_v2 for asymmetric grids",
        "非対称グリッドには checkpoint_format gptq_v2 を使う")
    case .leaning:
      Bilingual(
        "weights lean to one side by {} step in {} of {} modules",
        "{3} モジュール中 {2} で、重みが片側に {1} ステップ偏っている")
    }
  }
}
