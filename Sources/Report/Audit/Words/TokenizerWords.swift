import Analysis

extension TokenizerWording {
  /// The wording in both languages; `{}` is a value, `{1}` the first one.
  var words: Bilingual {
    switch self {
    case .absent:
      Bilingual(
        "there is no tokenizer, and the base has tokenizer.json",
        "トークナイザーがないが、元モデルには tokenizer.json がある")
    case .absentCost:
      Bilingual(
        "loaders cannot cut text into tokens, or take another model's tokenizer",
        "ローダーが文をトークンに分けられないか、別モデルのトークナイザーを使う")
    case .tokensFit: Bilingual("tokens fit", "トークンは一致")
    case .otherTokensCost:
      Bilingual(
        "every text is cut into other tokens than the model was trained on: garbage",
        "どの文も学習時と異なるトークンに分割され、出力は意味をなさない")
    case .readsOtherFile: Bilingual("tenbin reads tokenizer.json", "tenbin が読むのは tokenizer.json")
    case .noVocabulary: Bilingual("no vocabulary that could be read", "読める語彙がない")
    case .holdsNoVocabulary: Bilingual("{} holds no vocabulary that could be read", "{} に読める語彙がない")
    case .holdsNoVocabularyCost:
      Bilingual(
        "no loader can cut text into tokens",
        "どのローダーも文をトークンに分割できない")
    case .copyIt: Bilingual("copy it from the base", "元モデルから写す")
    case .idsBeyondEmbedding:
      Bilingual(
        "{} has ids up to {}, and the embedding {} rows",
        "{1} の ID は {2} まであるが、埋め込みは {3} 行しかない")
    case .idsBeyondEmbeddingCost:
      Bilingual(
        "texts with these tokens cannot be embedded",
        "これらのトークンを含む文を埋め込めない")
    case .copyTokenizer: Bilingual("copy the tokenizer from the base", "元モデルからトークナイザーを写す")
    case .idsAlone:
      Bilingual(
        "ids against the embedding's rows and their own order",
        "ID を埋め込みの行数・ID の順序と照合")
    case .sameIds: Bilingual("the same ids, though not the same bytes", "ID は同じ（バイト列は異なる）")
    case .idsDiffer: Bilingual("{} of {} tokens have other ids", "{2} トークン中 {1} の ID が異なる")
    case .otherIds:
      Bilingual(
        "{} of {} tokens have other ids than the base's{}{}",
        "{2} トークン中 {1} の ID が元モデルと異なる{3}{4}")
    case .otherIdsExample:
      Bilingual(
        ", such as \"{}\": {}, the base's {}",
        "（例：\"{1}\" が {2}、元モデルは {3}）")
    case .otherCuts: Bilingual("; plain text in {} is cut otherwise", "。{} の平文の分割も異なる")
    case .otherIdsSlightCost:
      Bilingual(
        "prompts with these tokens are read otherwise",
        "これらのトークンを含むプロンプトの解釈が変わる")
    case .copyTokenizerFiles:
      Bilingual(
        "copy tokenizer.json and tokenizer_config.json from the base",
        "元モデルから tokenizer.json と tokenizer_config.json を写す")
    case .unorderedIds:
      Bilingual(
        """
        the ids of tokenizer.json do not follow the order in which its tokens were learnt \
        (correlation {}, where trainers give nearly 1)
        """,
        "tokenizer.json の ID がトークンの学習順に沿っていない（相関 {}。通常はほぼ 1）")
    case .unorderedIdsRemedy:
      Bilingual(
        "give --base to compare, or copy the tokenizer from the base",
        "--base を指定して比較するか、元モデルからトークナイザーを写す")
    case .idBeyondEmbedding:
      Bilingual(
        "{} {}, where the embedding has {} rows",
        "{1} が {2}（埋め込みは {3} 行）")
    case .idsFit: Bilingual("ids fit", "ID は整合")
    case .generationCost:
      Bilingual(
        "generation does not end where the model ends, or begins with another token",
        "生成が正しい位置で終わらないか、別のトークンから始まる")
    case .copyNamed: Bilingual("copy {} from the base", "元モデルから {} を写す")
    case .bytes: Bilingual("{} bytes", "{} バイト")
    case .differs: Bilingual("differs", "異なる")
    case .notBase: Bilingual("{} is not the base's", "{} が元モデルと異なる")
    case .otherTemplateCost:
      Bilingual(
        "chats are put to the model in another form",
        "チャットが異なる書式でモデルに渡される")
    case .otherTemplateRemedy: Bilingual("nothing, if that is meant", "意図したものなら不要")
    }
  }
}
