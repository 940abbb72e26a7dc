import Analysis

extension CardWords {
  var tasks: String { pick("Tasks", "タスク") }

  /// The columns of tasks' scores.
  func taskColumns(hasBase: Bool) -> [String] {
    var columns = [
      pick("task", "タスク"), pick("metric", "指標"), pick("shots", "ショット数"), pick("questions", "問題数"),
    ]
    if hasBase { columns.append(pick("base", "元モデル")) }
    columns.append(pick("this model", "本モデル"))
    if hasBase { columns += [pick("difference", "差"), pick("verdict", "判定")] }
    return columns
  }

  func verdict(_ verdict: ChoiceComparison.Verdict) -> String {
    switch verdict {
    case .better: pick("better", "上回る")
    case .worse: pick("worse", "下回る")
    case .same: pick("cannot be told apart", "区別できない")
    }
  }

  /// Who asked, and how.
  func tasksOrigin(_ results: LMEvalResults) -> String {
    let tool = CardMarkup.line("tenbin \(results.run?.toolVersion ?? "")")
    let prompt = CardMarkup.line(results.run?.prompt ?? "")
    let answers = CardMarkup.line(results.run?.answers ?? "")
    return pick(
      "Asked on the checkpoint's files with \(tool). Prompts: \(prompt). Answers: \(answers).",
      "\(tool) により、このチェックポイントのファイルで測定しました。プロンプト：\(prompt)。回答：\(answers)。")
  }

  /// What the errors are of.
  func tasksNote(hasBase: Bool) -> String {
    let own = pick(
      "± is one standard error over the questions.", "± は問題にわたる標準誤差です。")
    guard hasBase else { return own }
    return own
      + pick(
        " Differences are this model less the base, question by question; a verdict other than"
          + " \"cannot be told apart\" takes a 95 % interval without 0 and two standard errors.",
        "差は、問題ごとの（本モデル − 元モデル）です。95 % 信頼区間が 0 を含まず、かつ標準誤差の 2 倍以上の差でなければ「区別できない」としています。")
  }

  var unboundTasks: String {
    pick(
      "The results of tasks that were given do not say which files they are of, and are left out.",
      "指定されたタスクの結果は、どのファイルのものか記録されていないため、掲載していません。")
  }

  var othersTasks: String {
    pick(
      "The results of tasks that were given are of other files than this checkpoint's, and are left out.",
      "指定されたタスクの結果は、このチェックポイントとは別のファイルのものであるため、掲載していません。")
  }
}
