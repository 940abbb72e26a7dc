import Results

/// What a study was calibrated on, from what the study keeps of its set: facts and shares, no texts.
struct StudyCalibration {
  private let environment: StudyEnvironment
  private let markup: CalibrationMarkup

  /// Nil of a study of an older tenbin, which kept nothing of it.
  init?(_ environment: StudyEnvironment) {
    guard let statistics = environment.calibrationStatistics else { return nil }
    (self.environment, markup) = (environment, CalibrationMarkup(statistics))
  }

  static let name = Bilingual("Calibration set", "キャリブレーションデータ")
  static let absent = Bilingual(
    "the study is of an older tenbin, which kept no counts of it; tenbin calib inspect shows the set "
      + "itself.",
    "古い tenbin のスタディには集計が残っていません。tenbin calib inspect でデータそのものを確認できます。")

  private var reading: Bilingual {
    Bilingual(
      "What \(environment.calibration) held when the study was made: documents as they were read, samples as "
        + "the model saw them. tenbin calib inspect shows its texts.",
      "スタディ作成時の \(environment.calibration) の内容です。文書は読み込んだ時点の値、サンプルはモデルに入力した窓の値です。"
        + "本文は tenbin calib inspect で確認できます。")
  }

  /// The section.
  var html: String {
    let groups = markup.groups.map { group in
      "<div><h3>\(group.name.html)</h3>\n\(group.table)</div>"
    }
    return """
      <section id="calibration">
      <h2>\(Self.name.html)</h2>
      <p class="reading">\(reading.html)</p>
      \(markup.facts())
      <div class="share-groups">
      \(groups.joined(separator: "\n"))
      </div>
      </section>

      """
  }

  /// The rules that only it needs.
  static let style =
    CalibrationMarkup.style + """
      .share-groups{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(420px,100%),1fr));gap:0 40px}
      .share-groups h3{font-size:15px;margin:18px 0 4px}

      """
}
