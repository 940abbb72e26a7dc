import Analysis

extension ConfigWording {
  /// The wording in both languages; `{}` is a value, `{1}` the first one.
  var words: Bilingual {
    switch self {
    case .keysHeldTogether: Bilingual("keys held against each other", "キーの相互照合")
    case .notOfFamily:
      Bilingual(
        "config.json cannot be that of a {} model as the base's: {}",
        "config.json が元モデルのような {1} モデルのものではありえない：{2}")
    case .changedKeys:
      Bilingual(
        "{} keys of config.json that change the function differ from the base's: {}",
        "関数を変える config.json のキー {1} 個が元モデルと異なる：{2}")
    case .keysEqual: Bilingual("keys equal", "キーは一致")
    case .keysDiffer: Bilingual("{} keys differ", "キー {} 個が異なる")
    case .changedKeysCost:
      Bilingual(
        "loaders compute another function with the same weights",
        "ローダーは同じ重みで別の関数を計算する")
    case .changedKeysRemedy:
      Bilingual(
        "copy the keys from the base's config.json",
        "元モデルの config.json からキーを写す")
    case .twoThetas:
      Bilingual(
        "rope_theta is {} at the top of config.json and {} in rope_parameters",
        "rope_theta が config.json の最上位では {1}、rope_parameters では {2}")
    case .twoThetasCost:
      Bilingual(
        "older loaders read one and transformers 5 the other: one of them rotates wrongly",
        "古いローダーは一方を、transformers 5 は他方を読み、どちらかの回転が誤る")
    case .twoThetasRemedy: Bilingual("make both what the base says", "両方を元モデルの値にする")
    case .strangeKey:
      Bilingual(
        "{} is {}, which models of type {} do not have",
        "{1} が {2}（{3} のモデルにはない値）")
    case .strangeEpsilon:
      Bilingual(
        "rms_norm_eps is {}, where models have 1e-6 to 1e-5",
        "rms_norm_eps が {}（通常は 1e-6〜1e-5）")
    }
  }
}
