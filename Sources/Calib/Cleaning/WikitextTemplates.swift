/// Which templates of Japanese Wikipedia carry running text, and which part of it they show. All
/// others (infoboxes, navigation, citations, maintenance) show nothing.
enum WikitextTemplates {
  /// The arguments of a call, rendered.
  struct Arguments {
    var positional: [String] = []
    var named: [String: String] = [:]

    /// Positional argument `number`, from 1, or what is named so.
    subscript(number: Int) -> String {
      named[String(number)] ?? (number <= positional.count ? positional[number - 1] : "")
    }
  }

  /// The text that the template `name` shows.
  static func render(_ name: String, _ arguments: Arguments) -> String {
    let name = normalized(name)
    if let text = constants[name] { return text }
    if let number = argumentShown[name] { return arguments[number] }
    switch name {
    case "読み仮名", "読み仮名 ruby不使用", "読み", "読み仮名2":
      return reading(arguments)
    case "仮リンク", "ill", "ill2", "link-interwiki", "interlang", "日本語版にない記事リンク":
      let label = arguments.named["label"] ?? arguments.named["redirect"] ?? ""
      return label.isEmpty ? arguments[1] : label
    case "和暦": return japaneseYear(arguments[1])
    case "convert", "cvt", "変換": return arguments[1] + arguments[2]
    case "val": return arguments[1] + (arguments.named["u"] ?? arguments.named["ul"] ?? "")
    case "bracket": return "[" + arguments[1] + "]"
    case "ipa2", "ipa", "ipalink": return "[" + arguments[1] + "]"
    case "flag+link", "flaglink": return arguments[1] + arguments[2]
    case "nihongo", "日本語":
      return arguments[2].isEmpty ? arguments[1] : "\(arguments[1])（\(arguments[2])）"
    case "color", "font color", "fontcolor", "fc", "colour": return arguments.positional.last ?? ""
    case "audio", "音声": return arguments[2]
    default: break
    }
    for prefix in ["lang-", "llang-"] where name.hasPrefix(prefix) {
      var code = String(name.dropFirst(prefix.count))
      if code.hasSuffix("-short") { code.removeLast("-short".count) }
      guard !arguments[1].isEmpty else { return "" }
      return (languages[code].map { $0 + ": " } ?? "") + arguments[1]
    }
    return ""
  }

  /// A name without namespace, underscores and capitals.
  private static func normalized(_ name: String) -> String {
    var name = name.replacing("_", with: " ").lowercased()
    for prefix in ["template:", "テンプレート:"] where name.hasPrefix(prefix) {
      name.removeFirst(prefix.count)
    }
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\n" }
    let end = name.lastIndex { !isSpace($0) }.map { name.index(after: $0) } ?? name.startIndex
    return String(name[..<end].drop(while: isSpace))
  }

  private static func reading(_ arguments: Arguments) -> String {
    let readings = arguments.positional.dropFirst().filter { !$0.isEmpty }
    guard !readings.isEmpty else { return arguments[1] }
    return "\(arguments[1])（\(readings.joined(separator: "、"))）"
  }

  private static func japaneseYear(_ text: String) -> String {
    guard let year = Int(text) else { return "" }
    let eras = [(2019, "令和"), (1989, "平成"), (1926, "昭和"), (1912, "大正"), (1868, "明治")]
    guard let (start, era) = eras.first(where: { year >= $0.0 }) else { return "" }
    return era + (year == start ? "元年" : "\(year - start + 1)年")
  }

  private static let constants = [
    "!": "|", "=": "=", "(": "{", ")": "}", "·": "・", "snd": " – ", "spaces": " ", "indent": "",
    "jpn": "日本", "usa": "アメリカ合衆国", "gbr": "イギリス", "fra": "フランス", "deu": "ドイツ",
    "ita": "イタリア", "chn": "中国", "kor": "韓国", "rus": "ロシア", "esp": "スペイン",
    "can": "カナダ", "aus": "オーストラリア", "bra": "ブラジル", "ind": "インド", "nld": "オランダ",
    "che": "スイス", "aut": "オーストリア", "swe": "スウェーデン", "bel": "ベルギー", "ukr": "ウクライナ",
    "twn": "台湾", "roc": "中華民国", "prk": "北朝鮮", "mex": "メキシコ", "arg": "アルゼンチン",
  ]

  /// Templates that show one of their arguments as it is.
  private static let argumentShown: [String: Int] = {
    var table = [String: Int]()
    let first = """
      ruby ruby-ja rubyja ルビ ふりがな jis2004フォント jis2004 jis90フォント cp932フォント 補助漢字フォント
      補助漢字 拡張漢字 拡張漢字フォント フォント unicode unicode2 機種依存文字 機種依存 環境依存文字 要出典範囲 要検証範囲
      疑問点範囲 独自研究範囲 信頼性要検証範囲 要説明範囲 要追加記述範囲 nowrap nowiki2 small smaller smallsub big
      larger large em strong nobold noitalic visible_anchor vanchor 旧字体 旧字 新字体 kyujitai bdi sub sup
      abbr tooltip quote quotation cquote blockquote 引用 quote_box flag flagcountry flag2 u s del ins
      transl2 kanji 漢字 underline overline overlines overline2 vertical smallcaps sc math mvar code mono
      legend2 hlist nbay 縦書き 行内引用 bquote talkquote 要校閲範囲 時点範囲 いつ範囲 誰範囲 誰2範囲 更新範囲 非中立的範囲
      otheruselist2 読点 allow_wrap allowwrap resize font nobr no_wrap nowraplinks hidden_text sic2 支那
      uvanchor 簡体字 繁体字 簡体 繁体 ピン音 lang2 通り 字体 異体字 wayback2 音読み 訓読み cjkv typo 誤字 efn-text
      color2 spoken ship navigationtext 西暦 小文字 大文字 chem chem2
      """
    for name in first.split(whereSeparator: \.isWhitespace) {
      table[String(name).replacing("_", with: " ")] = 1
    }
    for name in ["lang", "transl", "colored text"] { table[name] = 2 }
    table["colors"] = 3
    return table
  }()

  private static let languages = [
    "en": "英", "fr": "仏", "de": "独", "es": "西", "it": "伊", "ru": "露", "ko": "朝", "zh": "中",
    "la": "羅", "nl": "蘭", "pt": "葡", "el": "希", "grc": "古希", "ar": "アラビア語", "he": "ヘブライ語",
    "sa": "梵", "pl": "波", "cs": "チェコ語", "sv": "スウェーデン語", "da": "デンマーク語",
    "no": "ノルウェー語", "fi": "フィンランド語", "hu": "ハンガリー語", "tr": "トルコ語", "th": "タイ語",
    "vi": "越", "id": "インドネシア語", "uk": "ウクライナ語", "mn": "モンゴル語", "eo": "エスペラント",
    "en-us": "米", "en-gb": "英", "zh-tw": "繁", "zh-hans": "簡", "zh-hant": "繁",
  ]
}
