import Analysis

extension TensorWording {
  /// The wording in both languages; `{}` is a value, `{1}` the first one.
  var words: Bilingual {
    switch self {
    case .constantNorm:
      Bilingual(
        "all weights of {} are one value, and those of most other norms are not: {} of {}",
        "{1} の重みがすべて同じ値だが、他のほとんどの正規化層は異なる：{3} 個中 {2} 個")
    case .constantNormCost:
      Bilingual(
        "the norm's weights may be lost: they were never copied",
        "正規化層の重みが写されず失われている可能性がある")
    case .zeroRows:
      Bilingual(
        "{} rows of {} are zeros among others that are not",
        "{2} の途中の {1} 行が 0")
    case .zeroRowsCost:
      Bilingual(
        "these tokens cannot be told apart: a part of the table may be lost",
        "これらのトークンを区別できない：表の一部が失われている可能性がある")
    case .oneValue: Bilingual("all its values are {}", "値がすべて {}")
    case .rowsReordered: Bilingual("it has the base's rows in another order", "元モデルの行の順序が異なる")
    case .valuesReordered: Bilingual("it has the base's values in another order", "元モデルの値の順序が異なる")
    case .lessOne:
      Bilingual(
        """
        it is the base's less one, as Gemma stores norm weights: this family multiplies by \
        them
        """,
        "元モデルの値から 1 を引いたもの（Gemma の保存形式）：このモデルはその値をそのまま掛ける")
    case .otherTensor: Bilingual("it is the base's {}", "元モデルの {} と同じ")
    case .shifted: Bilingual("it is the base's shifted by {}", "元モデルの値が {} だけずれている")
    case .scaled: Bilingual("it is the base's times {}", "元モデルの値の {} 倍")
    case .oneAdded: Bilingual("it is the base's with one added", "元モデルの値に 1 を足したもの")
    case .rowsBefore: Bilingual("its rows are the base's {} before", "行が元モデルより {} 行前にずれている")
    case .rowsFurtherOn: Bilingual("its rows are the base's {} further on", "行が元モデルより {} 行後ろにずれている")
    case .someRowsOther:
      Bilingual(
        "most rows are the base's; {} of {} that were looked at are not",
        "大半の行は元モデルと同じだが、調べた {2} 行中 {1} 行が異なる")
    case .unknownType: Bilingual("{} {}: a type or shape unknown", "{1} {2}：未知の型か形状")
    case .staleHead:
      Bilingual(
        """
        {} is the embedding but for {}: heads are either tied to it or have hardly anything \
        in common with it
        """,
        "{1} と埋め込みの差が {2} しかない：出力ヘッドは通常、埋め込みと共有されるか、ほぼ無関係である")
    case .staleHeadCost:
      Bilingual(
        "one of the two is an older copy, and the other was trained on",
        "一方が古いコピーで、他方だけ学習が進んでいる")
    case .staleHeadRemedy:
      Bilingual(
        "give --base to see which, or tie them again",
        "--base を指定して確かめるか、再び共有させる")
    case .exchangedNorms:
      Bilingual(
        """
        input_layernorm and post_attention_layernorm of layer {}{} each resemble the other \
        norm of the layers beside: they may be exchanged
        """,
        """
        層 {1}{2} の input_layernorm と post_attention_layernorm が、それぞれ隣の層のもう一方に似ている：\
        入れ替わっている可能性がある
        """)
    case .andMoreLayers: Bilingual(" and {} more", "ほか {} 層")
    case .exchangedNormsCost:
      Bilingual(
        "both halves of the layer read inputs of the wrong size",
        "層の両ブロックが誤った大きさの入力を読む")
    case .exchangedNormsRemedy:
      Bilingual(
        "give --base to compare, or exchange them back",
        "--base を指定して比較するか、入れ替えを元に戻す")
    case .untiedHead:
      Bilingual(
        "tie_word_embeddings is true, and {} is not the embedding",
        "tie_word_embeddings は true だが、{} は埋め込みと異なる")
    case .untiedHeadCost:
      Bilingual(
        "loaders that tie the two pass over {}, and others take it",
        "両者を共有するローダーは {} を無視し、他のローダーは使う")
    case .untiedHeadRemedy:
      Bilingual(
        "set tie_word_embeddings to what the base says",
        "tie_word_embeddings を元モデルの値にする")
    case .roundedToFloat8:
      Bilingual(
        "no value has more than {} bits of mantissa: rounded to floats of 8 bits",
        "仮数部が {} ビット以下の値しかない：8 ビット浮動小数点に丸められている")
    case .roundedToLevels:
      Bilingual(
        "no row has more than {} different values: rounded to {} bits",
        "どの行も異なる値が {1} 種類以下：{2} ビットに丸められている")
    case .copyAgain:
      Bilingual(
        "copy the tensor from the base again, or download the checkpoint again",
        "元モデルからテンソルを写し直すか、チェックポイントを再度ダウンロードする")
    case .notFinite:
      Bilingual(
        "{} values are NaN or infinite in {} tensors, such as {}",
        "テンソル {2} 個で値 {1} 個が NaN か無限大（例：{3}）")
    case .emptied:
      Bilingual(
        "{} tensors hold nothing but zeros, such as {}",
        "テンソル {1} 個がすべて 0（例：{2}）")
    case .emptiedCost: Bilingual("what they stand for is lost", "その働きは失われている")
    case .negativeNorms:
      Bilingual(
        """
        more than half of the weights are negative in {} norms, such as {}: they may be \
        stored less one, as Gemma has them
        """,
        "正規化層 {1} 個で重みの過半が負（例：{2}）：Gemma のように 1 を引いて保存されている可能性がある")
    case .negativeNormsCost:
      Bilingual(
        "this family multiplies by the weight itself: absurd text",
        "このモデルは重みをそのまま掛けるため、出力は意味をなさない")
    case .addedBiases:
      Bilingual(
        "{} biases that the base does not have, such as {}",
        "元モデルにないバイアスが {1} 個（例：{2}）")
    case .addedBiasesCost:
      Bilingual(
        "loaders differ in whether they add them",
        "加算するかどうかがローダーによって異なる")
    case .roundedCost:
      Bilingual(
        """
        GPTQ leaves these tensors as they are: what was rounded off is lost beyond what the \
        settings say
        """,
        "GPTQ はこれらのテンソルを変えない：設定に現れない丸めで精度が失われている")
    case .movedAlikeCost:
      Bilingual(
        "the model computes something else than its base",
        "モデルが元モデルと異なる計算をする")
    case .moved:
      Bilingual(
        "{} tensors outside the packed linears differ from the base's, up to {} % in {}",
        "量子化対象外のテンソル {1} 個が元モデルと異なる（最大は {3} の {2} %）")
    case .slightlyMovedCost: Bilingual("none to speak of", "ほとんどなし")
    case .movedCost:
      Bilingual(
        "quantization leaves these tensors as they are; something has not",
        "量子化では変わらないはずのテンソルが変えられている")
    case .several: Bilingual("{} tensors, such as {}", "テンソル {1} 個（例：{2}）")
    case .absent:
      Bilingual(
        "{} tensors of the base are not in the checkpoint, such as {}",
        "元モデルのテンソル {1} 個がチェックポイントにない（例：{2}）")
    case .absentCost:
      Bilingual(
        "loaders refuse it, or leave these tensors at random values",
        "ローダーが拒否するか、これらのテンソルが乱数のままになる")
    case .absentRemedy: Bilingual("copy them from the base", "元モデルから写す")
    case .valuesLookedAt: Bilingual("values looked at", "値を検査")
    case .roundedTo: Bilingual("rounded to {}", "{} に丸め")
    case .movedBy: Bilingual("moved by {} %", "{} % 変化")
    }
  }
}
