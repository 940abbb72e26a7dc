/// How many independent items stand behind a category of the Nejumi LLM Leaderboard: the columns that
/// it averages, and the test items of each (`configs/base_config.yaml` and `aggregate.py` of
/// wandb/llm-leaderboard: v3.1.1, and for 4 as its published scores' lattices confirm). The same item
/// asked with 0 and with 2 shots counts once, and so do the two turns of an MT-Bench question.
enum NejumiItems {
  /// Items of each column, for the categories of 3 that are means over items.
  private static let ofThree: [String: [Int]] = [
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

  /// The same of 4; those of 専門的知識, コーディング, 関数呼び出し, 制御性, 毒性 and バイアス are not known.
  private static let ofFour: [String: [Int]] = [
    "表現": [10, 10, 10],
    "翻訳": [100, 100],  // alt-e-to-j, alt-j-to-e
    "情報検索": [100],
    "抽象的推論": [50, 50],  // ARC-AGI 1 and 2
    "論理的推論": [10],  // MT-Bench reasoning
    "数学的推論": [100, 100, 10],
    "一般的知識": [100, 100, 100, 100, 10],  // jcommonsenseqa, jemhopqa, niilc, aio, MT-Bench stem
    "意味解析": [100, 100, 100, 100, 100],
    "構文解析": [100, 100, 100],  // jcola in and out of domain, jblimp
    "倫理・道徳": [100],
    "堅牢性": [100],
    "真実性": [582],
  ]

  /// Items of each column of a category; nil where they are not known.
  static func columns(_ category: String, _ edition: LeaderboardEdition?) -> [Int]? {
    (edition == .four ? ofFour : ofThree)[category]
  }

  /// The number of items of one plain mean with the same sampling error: the columns have equal
  /// weights, so K²/Σ(1/n_k).
  static func effective(_ category: String, _ edition: LeaderboardEdition?) -> Double? {
    columns(category, edition).map { items in
      Double(items.count * items.count) / items.reduce(0) { $0 + 1 / Double($1) }
    }
  }

  /// The categories with answers item by item, and the tasks (columns) that each averages.
  static func tasks(_ edition: LeaderboardEdition?) -> [(category: String, tasks: [String])] {
    edition == .four ? tasksOfFour : tasksOfThree
  }

  private static let tasksOfFour: [(category: String, tasks: [String])] = [
    ("翻訳", ["alt-e-to-j", "alt-j-to-e"]),
    ("情報検索", ["jsquad"]),
    ("数学的推論", ["mawps", "mgsm"]),
    ("一般的知識", ["jcommonsenseqa", "jemhopqa", "niilc", "aio"]),
    ("専門的知識", ["jmmlu", "mmlu_prox_ja"]),
    ("意味解析", ["jnli", "janli", "jsem", "jsick", "jamp"]),
    ("構文解析", ["jcola-in-domain", "jcola-out-of-domain", "jblimp"]),
    ("倫理・道徳", ["commonsensemoralja"]),
    ("堅牢性", ["jmmlu_robust"]),
  ]

  private static let tasksOfThree: [(category: String, tasks: [String])] = [
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
    for name in ["mmlu_en", "jmmlu", "mmlu_prox_ja"] where task.hasPrefix(name + "_") {
      return name
    }
    return task
  }
}
