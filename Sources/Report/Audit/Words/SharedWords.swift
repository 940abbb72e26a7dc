import Analysis

extension SharedWording {
  /// The wording in both languages; `{}` is a value, `{1}` the first one.
  var words: Bilingual {
    switch self {
    case .noCost: Bilingual("none", "なし")
    case .nothingToDo: Bilingual("nothing", "不要")
    case .downloadOrQuantizeAgain:
      Bilingual(
        "download the checkpoint again, or quantize again",
        "再度ダウンロードするか、量子化し直す")
    case .spreadsNaN: Bilingual("NaN spreads to every token", "NaN が全トークンに広がる")
    case .cannotBeLoaded: Bilingual("the checkpoint cannot be loaded", "チェックポイントを読み込めない")
    case .otherThanBase: Bilingual("{} {}, the base's {}", "{1} が {2}（元モデルは {3}）")
    case .compareWithBase: Bilingual("give --base to compare", "--base を指定して比較する")
    case .missing: Bilingual("missing", "ない")
    case .named: Bilingual("{}: {}", "{1}：{2}")
    case .equal: Bilingual("equal", "一致")
    }
  }
}
