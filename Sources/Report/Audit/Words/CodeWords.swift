import Analysis

extension CodeWording {
  /// The wording in both languages; `{}` is a value, `{1}` the first one.
  var words: Bilingual {
    switch self {
    case .emptiedBesideBase:
      Bilingual(
        """
        up to {} of the codes are the zero point where the base's weights are not near 0, in \
        {} of {} modules: weights were pruned
        """,
        "{3} モジュール中 {2} で、元モデルの重みが 0 に近くない位置の量子化コードが最大 {1} ゼロ点になっている：重みが枝刈りされている")
    case .emptiedBesideBaseCost:
      Bilingual(
        "what these weights did is lost, and nothing was made up for it",
        "これらの重みの働きは失われ、補償もされていない")
    case .emptiedBesideBaseRemedy:
      Bilingual(
        "quantize the base again, or audit against the pruned model it was made from",
        "元モデルを量子化し直すか、枝刈り済みの元モデルを --base にして検査する")
    case .roundedToNearest:
      Bilingual(
        """
        {} and more of the codes equal round-to-nearest on their grids in {} of {} modules: \
        no column loop moved them
        """,
        "{3} モジュール中 {2} で、量子化コードの {1} 以上が同じグリッドの最近接丸めと一致：GPTQ の列ループを経ていない")
    case .roundedToNearestCost:
      Bilingual(
        """
        what GPTQ would have won; settings such as damp_percent and desc_act say nothing \
        here
        """,
        "GPTQ による改善が得られない。damp_percent や desc_act などの設定値は意味を持たない")
    case .roundedToNearestRemedy:
      Bilingual(
        "nothing, if plain rounding is what is wanted",
        "意図した最近接丸めなら不要")
    case .halfUsed:
      Bilingual(
        """
        {} of {} symmetric groups have no code below the zero point and end at the top, in \
        {} of {} modules
        """,
        "対称グループ {2} 個中 {1} 個で、ゼロ点より下の量子化コードがなく上端に達している（{4} モジュール中 {3}）")
    case .halfUsedCost:
      Bilingual(
        "the usual rule halves their scale, and clips weights above half of the largest",
        "通常の規則ではスケールが半分になり、最大値の半分を超える重みがクリップされる")
    case .halfUsedRemedy:
      Bilingual(
        "use sym: false, or larger groups, for these modules",
        "これらのモジュールに sym: false か大きなグループを使う")
    case .unusedLevels:
      Bilingual(
        "fewer than half of the codes occur in {} of {} modules",
        "{2} モジュール中 {1} で、量子化コードの半分未満しか使われていない")
    case .unusedLevelsCost:
      Bilingual(
        "a narrower type would hold the same weights",
        "より少ないビット数でも同じ重みを表せる")
    case .unusedLevelsRemedy:
      Bilingual(
        "look at the scales of these modules: outliers, or a type that is too coarse",
        "これらのモジュールのスケールを確認する：外れ値か、粗すぎる型")
    case .corrupted:
      Bilingual(
        """
        {} codes ({}) are far from the base's weights, among others that are near, in {} of \
        {} modules
        """,
        "{4} モジュール中 {3} で、量子化コード {1} 個（{2}）が元モデルの重みから大きく外れ、周囲のコードは近い")
    case .corruptedCost:
      Bilingual(
        "each is an error of up to the whole range of its group",
        "1 個ごとに、最大でグループの全範囲に及ぶ誤差になる")
    case .corruptedRemedy:
      Bilingual(
        "download the checkpoint again and compare checksums, or quantize again",
        "再度ダウンロードしてチェックサムを照合するか、量子化し直す")
    case .emptied:
      Bilingual(
        """
        up to {} of the codes are the zero point, and hardly any is beside it, or two of \
        every four columns are, in {} of {} modules: weights were pruned
        """,
        "{3} モジュール中 {2} で、量子化コードの最大 {1} がゼロ点であり、その隣の値がほとんどないか、4 列ごとに 2 列がゼロ点：重みが枝刈りされている")
    case .emptiedCost:
      Bilingual(
        "what these weights did is lost, unless the model was trained so",
        "そのように学習されたモデルでない限り、これらの重みの働きは失われている")
    case .emptiedRemedy:
      Bilingual(
        "nothing for a model that is published as sparse; else quantize the base again",
        "スパースモデルとして公開されたものなら不要。そうでなければ元モデルを量子化し直す")
    case .groupIndexUnordered:
      Bilingual(
        "desc_act is false, but g_idx is not run by run in {} of {} modules",
        "desc_act は false だが、{2} モジュール中 {1} で g_idx がグループ順に並んでいない")
    case .groupIndexUnorderedCost:
      Bilingual(
        "loaders that trust desc_act ignore g_idx and decode other weights: absurd text",
        "desc_act に従うローダーは g_idx を無視して別の重みを復元し、出力は意味をなさない")
    case .groupIndexUnorderedRemedy:
      Bilingual(
        "set desc_act to true in quantize_config.json and config.json",
        "quantize_config.json と config.json の desc_act を true にする")
    case .groupIndexUneven:
      Bilingual(
        "groups of g_idx that do not have group_size columns in {} of {} modules",
        "{2} モジュール中 {1} で、g_idx のグループの列数が group_size と一致しない")
    case .groupIndexUnevenCost:
      Bilingual(
        "columns are decoded with scales that were not theirs",
        "列が別のグループのスケールで復元される")
    case .columnsMisplaced:
      Bilingual(
        "{} columns fit the scales of another group than that of g_idx, in {} of {} modules",
        "{3} モジュール中 {2} で、{1} 列が g_idx の示すグループではなく別のグループのスケールに合う")
    case .columnsMisplacedCost:
      Bilingual(
        "these columns are decoded with scales that were not theirs",
        "これらの列は別のグループのスケールで復元される")
    case .columnsMisplacedRemedy:
      Bilingual(
        "quantize again: the quantizer's order of columns is lost",
        "量子化し直す：量子化時の列順が失われている")
    case .modulesOf: Bilingual("{} of {} modules", "{2} モジュール中 {1}")
    case .overflowBesideBase:
      Bilingual(
        """
        {} codes ({}) are at the bottom of their grid where the base's weight is at the top, \
        in {}; {} of them have set the lowest bit of the next code
        """,
        "元モデルの重みがグリッドの上端にある位置で、量子化コード {1} 個（{2}）が下端にある（{3}）。うち {4} 個は隣のコードの最下位ビットを立てている")
    case .overflow:
      Bilingual(
        """
        {} groups reach farther up and {} farther down, where as many are expected; {} of \
        the codes after a 0 are odd; the stored scales put {} groups at risk; in {}
        """,
        """
        上に広いグループ {1} 個、下に広いグループ {2} 個（本来は同数）。0 の次のコードの {3} が奇数。保存されたスケールでは {4} グループが\
        オーバーフローしうる（{5}）
        """)
    case .overflowCost:
      Bilingual(
        """
        the largest weight of a group changes its sign; at 8 bits that is the noise of about \
        3-bit rounding, so that Int8 can be worse than Int4
        """,
        "グループ内の最大の重みの符号が反転する。8 ビットでは 3 ビット丸め相当の雑音になり、Int8 が Int4 より劣化しうる")
    case .overflowBesideBaseRemedy:
      Bilingual(
        "repair the codes with --repair OUT, or pack again with a packer that clamps",
        "--repair OUT で量子化コードを修復するか、値域を制限するパッカーでパッキングし直す")
    case .overflowRemedy:
      Bilingual(
        "give --base to count the codes and --repair OUT to repair them, or quantize again",
        "--base を指定して該当コードを数え --repair OUT で修復するか、量子化し直す")
    case .dead:
      Bilingual(
        "every code is the zero point in {} of {} modules",
        "{2} モジュール中 {1} で、すべての量子化コードがゼロ点")
    case .deadCost:
      Bilingual(
        "all weights of the module are 0: it adds nothing",
        "モジュールの重みがすべて 0 で、何も寄与しない")
    case .deadRemedy:
      Bilingual(
        "quantize these modules again: their solve failed",
        "これらのモジュールを量子化し直す：求解に失敗している")
    case .duplicated:
      Bilingual(
        "{} modules hold the same codes as another one, such as {}",
        "{1} モジュールの量子化コードが他のモジュールと同一（例：{2}）")
    case .duplicatedCost:
      Bilingual(
        "a layer or a shard was written twice, and another one is lost",
        "層かシャードが二重に書かれ、別のものが失われている")
    case .clipped:
      Bilingual(
        """
        no code is at either end of its grid in {} of {} modules, though those next to the \
        ends occur: codes were clipped to a narrower range
        """,
        "{2} モジュール中 {1} で、端の隣の値は現れるのに両端の量子化コードがない：狭い範囲にクリップされている")
    case .clippedCost:
      Bilingual(
        "the largest weight of every group is a step too small",
        "各グループの最大の重みが 1 ステップ小さい")
    case .clippedRemedy:
      Bilingual(
        "pack again with a packer for these bits",
        "このビット数に対応したパッカーでパッキングし直す")
    }
  }
}
