/// How many independent items stand behind a category of Nejumi LLM Leaderboard 3: the columns that
/// it averages, and the test items of each (`configs/base_config.yaml` and `aggregate.py` of
/// wandb/llm-leaderboard v3.1.1). The same item asked with 0 and with 2 shots counts once, and so do
/// the two turns of an MT-Bench question.
enum NejumiItems {
  /// Items of each column, for the categories that are means over items.
  static let columns: [String: [Int]] = [
    "表現": [10, 10, 10],  // MT-Bench roleplay, writing, humanities
    "翻訳": [100, 100, 20, 20],  // alt-e-to-j, alt-j-to-e, wikicorpus both ways
    "情報検索": [100],  // jsquad
    "推論": [10],  // MT-Bench reasoning
    "数学的推論": [100, 100, 10],  // mawps, mgsm, MT-Bench math
    "抽出": [20, 20, 100, 10],  // wiki_ner, wiki_coreference, chabsa, MT-Bench extraction
    // jcommonsenseqa, jemhopqa, jmmlu, niilc, aio, MT-Bench stem
    "知識・質問応答": [100, 100, 265, 100, 100, 10],
    "英語": [285],  // mmlu_en, 57 subjects of 5
    "意味解析": [100, 100, 100, 100, 100],  // jnli, janli, jsem, jsick, jamp
    // jcola in and out of domain, jblimp, wiki_reading, wiki_pas, wiki_dependency
    "構文解析": [100, 100, 100, 20, 20, 20],
    "倫理・道徳": [100],  // commonsensemoralja, 2 shots
    "堅牢性": [265],  // jmmlu_robust, 53 subjects of 5
    "真実性": [582],  // JTruthfulQA
  ]

  /// The number of items of one plain mean with the same sampling error: the columns have equal
  /// weights, so K²/Σ(1/n_k).
  static func effective(_ category: String) -> Double? {
    columns[category].map { items in
      Double(items.count * items.count) / items.reduce(0) { $0 + 1 / Double($1) }
    }
  }

  /// The categories with answers item by item, and the tasks (columns) that each averages.
  static let tasks: [(category: String, tasks: [String])] = [
    ("翻訳", ["alt-e-to-j", "alt-j-to-e", "wikicorpus-e-to-j", "wikicorpus-j-to-e"]),
    ("情報検索", ["jsquad"]),
    ("数学的推論", ["mawps", "mgsm"]),
    ("抽出", ["wiki_ner", "wiki_coreference", "chabsa"]),
    ("知識・質問応答", ["jcommonsenseqa", "jemhopqa", "jmmlu", "niilc", "aio"]),
    ("英語", ["mmlu_en"]),
    ("意味解析", ["jnli", "janli", "jsem", "jsick", "jamp"]),
    (
      "構文解析",
      [
        "jcola-in-domain", "jcola-out-of-domain", "jblimp", "wiki_reading", "wiki_pas",
        "wiki_dependency",
      ]
    ),
    ("倫理・道徳", ["commonsensemoralja"]),
    ("堅牢性", ["jmmlu_robust"]),
  ]

  /// The column that a task of an output table belongs to: subjects of a test are one.
  static func column(of task: String) -> String {
    if task.hasPrefix("jmmlu_robust/") { return "jmmlu_robust" }
    for name in ["mmlu_en", "jmmlu"] where task.hasPrefix(name + "_") { return name }
    return task
  }
}
