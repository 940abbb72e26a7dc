/// The words of served pages.
enum LiveWords {
  static let back = Bilingual("All studies of this folder", "フォルダー内のスタディ一覧")
  static let bar = Bilingual("share of the pass that is done", "パスの進み具合")
  static let reload = Bilingual(
    "Without JavaScript this page loads itself again every 30 seconds.",
    "JavaScript が無効なため、このページは 30 秒ごとに再読み込みされます。")
  static let lost = Bilingual(
    "No answer from tenbin serve: what you see is the last that was heard.",
    "tenbin serve から応答がありません。表示は最後に受け取った内容です。")
  static let later = Bilingual(
    "A later tenbin wrote this study: what that one has added is not shown.",
    "新しいバージョンの tenbin が書いたスタディです。そのバージョンで追加された項目は表示されません。")
  static let columns = [
    Bilingual("#"), Bilingual("settings", "設定"), Bilingual("state", "状態"),
    Bilingual("layers", "層"), Bilingual("progress", "進み具合"),
    Bilingual("hidden error so far", "ここまでの累積誤差"),
  ]

  static func trials(_ count: Int) -> Bilingual {
    Bilingual(
      "\(count) \(count == 1 ? "trial" : "trials") on the way", "実行途中のトライアル \(count) 件")
  }

  static let plotTitle = Bilingual(
    "Error of the residual stream, as layers finish", "残差ストリームの誤差（層が終わるごとに更新）")
  static let plotReading = Bilingual(
    "A line per trial on its way: lower is closer to the base. Compare trials of the same size; dashed: "
      + "round to nearest, or stopped because others of its size are clearly better.",
    "実行途中のトライアルごとの線で、低いほど元モデルに近い。同じサイズどうしで比べてください。"
      + "破線は最近接丸め（RTN）、または同じサイズで明らかに劣るため打ち切られたトライアルです。")

  static let studies = Bilingual("Studies", "スタディ一覧")
  static let noStudies = Bilingual(
    "No study is in this folder yet. `tenbin sweep run --study NAME.sqlite` makes one; it appears here.",
    "このフォルダーにスタディはまだありません。tenbin sweep run --study NAME.sqlite で作成すると、ここに表示されます。")
  static let indexColumns = [
    Bilingual("study", "スタディ"), Bilingual("model", "モデル"), Bilingual("state", "状態"),
    Bilingual("how far", "進み具合"),
  ]

  static let asked = Bilingual("What was asked", "要求")
  static let found = Bilingual("What was found", "結果")
  static let hint = Bilingual("What to do", "対処")
  static let cannotShow = Bilingual("This page cannot be shown", "このページは表示できません")
  static let comesBack = Bilingual(
    "The page appears by itself as soon as the study can be read.",
    "スタディが読めるようになると、ページは自動的に表示されます。")
}
