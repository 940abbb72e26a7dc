import Analysis

extension FileWording {
  /// The wording in both languages; `{}` is a value, `{1}` the first one.
  var words: Bilingual {
    switch self {
    case .unreadable: Bilingual("{} modules cannot be read; {}: {}", "{1} モジュールを読めない。{2}：{3}")
    case .weightsDiffer: Bilingual("weights differ by {}", "重みの差 {}")
    case .partsHeldTogether:
      Bilingual(
        "codes, scales, zeros and groups against each other",
        "量子化コード・スケール・ゼロ点・グループの相互照合")
    case .downloadAgain: Bilingual("download {} again", "{} を再度ダウンロードする")
    case .notInFiles:
      Bilingual(
        "{} tensors of the index are not in their files, such as {}",
        "インデックスにあるテンソル {1} 個がファイルにない（例：{2}）")
    case .downloadShards:
      Bilingual(
        "download the shards and the index again",
        "シャードとインデックスを再度ダウンロードする")
    case .doNotFit:
      Bilingual(
        "{} modules do not fit their settings; {}: {}",
        "{1} モジュールが設定と合わない。{2}：{3}")
    case .doNotFitRemedy:
      Bilingual(
        "check bits and group_size in quantize_config.json, or download it again",
        "quantize_config.json の bits と group_size を確認するか、再度ダウンロードする")
    case .twoConfigsCost:
      Bilingual(
        "transformers and vLLM read one, GPTQModel the other",
        "transformers と vLLM は一方を、GPTQModel は他方を読む")
    case .twoConfigsRemedy:
      Bilingual(
        "make quantization_config of config.json equal to quantize_config.json",
        "config.json の quantization_config を quantize_config.json に合わせる")
    case .twoIndicesCost:
      Bilingual(
        "loaders differ in which weights they take",
        "どちらの重みを使うかがローダーによって異なる")
    case .twoIndicesRemedy: Bilingual("remove the one that is not meant", "意図しない方を削除する")
    case .incomplete:
      Bilingual(
        "{} modules or tensors are not there in full, such as {}",
        "モジュールかテンソル {1} 個が揃っていない（例：{2}）")
    case .incompleteRemedy:
      Bilingual(
        "download it again: a shard is missing",
        "再度ダウンロードする：シャードが欠けている")
    case .alsoUnquantized:
      Bilingual(
        "{} quantized modules also have an unquantized weight",
        "量子化済みモジュール {} 個に量子化前の重みもある")
    case .alsoUnquantizedCost:
      Bilingual(
        "loaders differ in which of the two they take",
        "どちらを使うかがローダーによって異なる")
    case .alsoUnquantizedRemedy: Bilingual("remove the tensor that is not meant", "意図しないテンソルを削除する")
    case .nothingQuantized: Bilingual("no quantized module at all", "量子化されたモジュールがない")
    case .nothingQuantizedCost:
      Bilingual(
        "nothing to audit: this is not a GPTQ checkpoint",
        "検査対象がない：GPTQ チェックポイントではない")
    case .nothingQuantizedRemedy:
      Bilingual(
        "give the folder of a GPTQ checkpoint",
        "GPTQ チェックポイントのフォルダーを指定する")
    case .layersBeyond:
      Bilingual(
        "num_hidden_layers is {} in config.json, and the files hold layers up to {}",
        "config.json の num_hidden_layers は {1} だが、ファイルには層 {2} まである")
    case .layersBeyondCost:
      Bilingual(
        "loaders leave the layers beyond out: another function",
        "ローダーは残りの層を読まず、別の関数になる")
    case .layersBeyondRemedy:
      Bilingual(
        "set num_hidden_layers to that of the base",
        "num_hidden_layers を元モデルの値にする")
    case .unknownTensors:
      Bilingual(
        "{} tensors that {} models do not have, such as {}",
        "{2} モデルにないテンソルが {1} 個（例：{3}）")
    case .unknownTensorsCost: Bilingual("bytes, and a warning of the loader", "容量の無駄とローダーの警告")
    case .unknownTensorsRemedy: Bilingual("nothing, or remove them", "不要。または削除する")
    case .unlisted:
      Bilingual(
        """
        {} linears are not quantized, and neither modules_in_block_to_quantize nor dynamic \
        says so: {}
        """,
        "線形層 {1} 個が量子化されていないが、modules_in_block_to_quantize にも dynamic にも記載がない：{2}")
    case .unlistedCost:
      Bilingual(
        "transformers and GPTQModel look for their codes and leave them uninitialised",
        "transformers と GPTQModel は量子化コードを探し、初期化されないまま残す")
    case .unlistedRemedy:
      Bilingual(
        """
        name the quantized modules in modules_in_block_to_quantize, or the others in dynamic \
        as -: patterns
        """,
        "量子化したモジュールを modules_in_block_to_quantize に、または残りを dynamic の -: パターンに書く")
    case .partsMissing: Bilingual("tensors are missing", "テンソルが欠けている")
    case .notTwoDimensional: Bilingual("tensors that are not two-dimensional", "2 次元でないテンソルがある")
    case .otherBits:
      Bilingual(
        "{} bits by the shapes of qweight and g_idx, {} by the settings",
        "qweight と g_idx の形状では {1} ビット、設定では {2} ビット")
    case .otherShape:
      Bilingual(
        "{} x {}, where config.json says {} x {}",
        "{1} x {2}（config.json では {3} x {4}）")
    case .otherScales:
      Bilingual(
        "scales {}, where group_size {} gives [{}, {}]",
        "scales が {1}（group_size {2} なら [{3}, {4}]）")
    case .otherZeros:
      Bilingual(
        "qzeros {}, where [{}, {}] is expected",
        "qzeros が {1}（本来は [{2}, {3}]）")
    case .droppedBiases:
      Bilingual(
        "{} biases that are not zero, such as {}, of linears that have none by config.json",
        "config.json ではバイアスのない線形層に、0 でないバイアスが {1} 個ある：{2} など")
    case .droppedBiasesCost:
      Bilingual(
        "loaders leave them out: another function",
        "ローダーが読み飛ばし、別の関数になる")
    case .droppedBiasesRemedy:
      Bilingual(
        "set model_type and attention_bias to what the base says",
        "model_type と attention_bias を元モデルの値にする")
    }
  }
}
