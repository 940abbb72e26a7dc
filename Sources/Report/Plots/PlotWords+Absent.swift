/// Why a plot is not there.
extension PlotWords {
  static let absentTitle = Bilingual("Plots without data", "データがないため表示していない図")

  static let noBase = Bilingual(
    "the study has no scores of the base.", "スタディに元モデルの値がありません。")
  static let noSizes = Bilingual(
    "no complete trial has a score and a size.", "値とサイズのそろった完了済みトライアルがありません。")
  static let noDampFamily = Bilingual(
    "no two GPTQ trials differ in damp_percent alone.", "damp_percent だけが異なる GPTQ トライアルがありません。")
  static let noSlices = Bilingual(
    "no two trials differ in one setting alone.", "1 つの設定だけが異なるトライアルがありません。")
  static let noParallel = Bilingual(
    "fewer than three trials have a score, or no setting varies.",
    "値のあるトライアルが 3 件未満か、変化する設定がありません。")
  static let noImportance = Bilingual(
    "no setting varies among enough trials of one size.", "同じサイズの中で変化する設定がないか、トライアルが足りません。")
  static let noModules = Bilingual(
    "no trial has results of its modules.", "モジュール別の結果を持つトライアルがありません。")
  static let noDepth = Bilingual(
    "no trial has errors of two layers or more.", "2 層以上の誤差を持つトライアルがありません。")
  static let noExperts = Bilingual(
    "the model has no quantized experts.", "量子化したエキスパートがありません。")
  static let oneDomain = Bilingual(
    "the study has one domain, or no base.", "ドメインが 1 つか、元モデルの値がありません。")
  static let noAllocation = Bilingual(
    "no bits were allocated (tenbin allocate).", "ビット割り当て（tenbin allocate）は行われていません。")
  static let noTimes = Bilingual("the study has no times.", "所要時間の記録がありません。")

  static let causesName = Bilingual("Causes of a difference", "差の原因")
  static let noDiagnosis = Bilingual(
    "tenbin diagnose finds them; report html --diagnosis shows what it printed as JSON here.",
    "tenbin diagnose で調べられます。--format json の出力を report html --diagnosis に渡すと、ここに表示されます。")
}
