import Analysis

extension LoaderWording {
  /// The wording in both languages; `{}` is a value, `{1}` the first one.
  var words: Bilingual {
    switch self {
    case .refuses: Bilingual("{} refuses: {}", "{1} は読み込みを拒否する：{2}")
    case .refusesCost: Bilingual("it cannot be loaded there", "そのローダーでは読み込めない")
    case .refusesRemedy: Bilingual("nothing, if that loader is not yours", "そのローダーを使わないなら不要")
    case .noQuantizationConfig:
      Bilingual(
        "config.json has no quantization_config, so that it sees no codes",
        "config.json に quantization_config がなく、量子化コードを認識しない")
    case .otherMethod: Bilingual("quant_method is not gptq in {}", "{} の quant_method が gptq ではない")
    case .unknownModel:
      Bilingual(
        """
        model_type {} is not among its models, and config.json names no code of the model's \
        own (auto_map)
        """,
        "model_type {} は対応モデルになく、config.json にモデル自身のコード（auto_map）もない")
    case .ownCode:
      Bilingual(
        """
        model_type {} is not among its models: it runs the code that auto_map of config.json \
        names, where that is trusted
        """,
        "model_type {} は対応モデルにない：config.json の auto_map が示すコードを、信頼する設定でのみ実行する")
    case .expertsInCodes:
      Bilingual(
        """
        experts in codes: its models hold all experts of a layer as one parameter and fill \
        it with random weights, unless defuser takes it apart first
        """,
        "エキスパートが量子化コード：層内の全エキスパートを 1 つのパラメータとして持ち、defuser で先に分けない限りランダムな重みで埋める")
    case .unknownDataset:
      Bilingual(
        "dataset \"{}\" is none of wikitext2, c4 and c4-new",
        "dataset \"{}\" は wikitext2、c4、c4-new のいずれでもない")
    case .mixedModules:
      Bilingual(
        "it passes over dynamic, and modules differ in bits or group_size",
        "dynamic を無視するが、モジュールごとに bits か group_size が異なる")
    case .dynamicPassedOver: Bilingual("dynamic is passed over", "dynamic を無視する")
    case .symFalse:
      Bilingual(
        """
        sym false in checkpoint_format gptq, unless meta.quantizer names gptqmodel 0.9 or \
        later
        """,
        "checkpoint_format gptq で sym が false（meta.quantizer が gptqmodel 0.9 以降の場合を除く）")
    case .symNotGiven: Bilingual("sym is not given: it takes true", "sym が未指定：true とみなす")
    case .notGiven: Bilingual("{} is not given in {}", "{2} に {1} がない")
    case .symmetricOnly: Bilingual("only symmetric 4 and 8 bits", "対称の 4 ビットと 8 ビットのみ")
    case .slowerKernel:
      Bilingual(
        """
        in_features in multiples of 128 and out_features of 64 only: {} modules go to a \
        slower kernel
        """,
        "in_features が 128 の倍数かつ out_features が 64 の倍数のみ：{} モジュールは遅いカーネルになる")
    case .zerosPassedOver:
      Bilingual(
        "qzeros are passed over: the middle code is the zero",
        "qzeros を無視し、中央のコードをゼロ点とみなす")
    case .groupIndexPassedOver:
      Bilingual(
        "g_idx is passed over: desc_act is false",
        "desc_act が false のため g_idx を無視する")
    case .goneFromReleases:
      Bilingual(
        "gone from releases whose auto_gptq.py takes all GPTQ checkpoints",
        "auto_gptq.py が全 GPTQ チェックポイントを扱う新しい vLLM では廃止されている")
    case .zerosReadAsOneMore:
      Bilingual(
        "releases before gptq_v2 was supported (2025) read its zeros as one more",
        "gptq_v2 対応前（2025 年）の版はゼロ点を 1 大きく読む")
    case .otherBits: Bilingual("bits {}", "bits が {}")
    case .codesInPlanes:
      Bilingual(
        "codes in planes of bits, checkpoint_format gptq_p",
        "量子化コードがビットごとの面に分けて格納されている（checkpoint_format gptq_p）")
    case .bitsNotGiven: Bilingual("bits is not given in {}", "{} に bits がない")
    case .dampOutOfRange:
      Bilingual(
        "damp_percent {}, which must be between 0 and 1",
        "damp_percent が {}（0 より大きく 1 未満でなければならない）")
    case .otherGroupSize:
      Bilingual(
        "group_size {}, where it takes {}",
        "group_size が {1}（対応するのは {2}）")
    case .indivisible:
      Bilingual(
        "in_features that group_size does not divide in {} modules: {}",
        "{1} モジュールで in_features が group_size で割り切れない：{2}")
    }
  }
}
