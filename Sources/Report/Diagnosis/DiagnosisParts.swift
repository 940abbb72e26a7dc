import Analysis

/// What a page says of a diagnosis: the parts that its own page and a study's report have in common.
struct DiagnosisParts {
  let diagnosis: Diagnosis

  /// A heading, what to know about the table below it, and the table; no table is an empty one.
  struct Section {
    let id: String
    let heading: Bilingual
    let note: Bilingual
    let table: String

    init(
      _ id: String, _ heading: Bilingual, _ note: Bilingual = "", table: (CardLanguage) -> String
    ) {
      self.id = id
      self.heading = heading
      self.note = note
      self.table = Bilingual.blocks(table)
    }

    /// The whole section.
    var html: String {
      let note = note == "" ? "" : "<p class=\"reading\">\(note.html)</p>\n"
      return "<section id=\"\(id)\">\n<h2>\(heading.html)</h2>\n\(note)\(table)\n</section>\n"
    }
  }

  private func words(_ language: CardLanguage) -> DiagnosisWords {
    DiagnosisWords(language: language)
  }

  /// One of the headings and notes of `DiagnosisWords`.
  func text(_ text: KeyPath<DiagnosisWords, String>) -> Bilingual {
    Bilingual { words($0)[keyPath: text] }
  }

  /// Its question.
  var title: Bilingual { Bilingual { words($0).title(diagnosis) } }

  /// The answer in one sentence.
  var answer: Bilingual { Bilingual { DiagnosisSentences(diagnosis, words($0)).answer } }

  /// Every finding with how a reader should take it.
  var findings: [(tone: String, text: Bilingual)] {
    let sentences = CardLanguage.allCases.map { DiagnosisSentences(diagnosis, words($0)).all }
    return zip(sentences[0], sentences[1]).map { english, japanese in
      (tone: english.tone, text: Bilingual(english.text, japanese.text))
    }
  }

  /// From the baseline to the suspect; nil where nothing was attributed.
  var waterfall: Figure? { Figure.joined { WaterfallPlot(diagnosis, words($0))?.figure } }

  /// A map of the modules; nil where nothing of it was measured.
  func map(_ quantity: DifferenceMap.Quantity) -> Figure? {
    Figure.joined { DifferenceMap(diagnosis, quantity, words($0))?.figure }
  }

  /// A section with one of the tables.
  func section(
    _ id: String, _ heading: KeyPath<DiagnosisWords, String>,
    _ table: KeyPath<DiagnosisTables, String>, note: KeyPath<DiagnosisWords, String>? = nil
  ) -> Section {
    Section(id, text(heading), note.map(text) ?? "") {
      DiagnosisTables(diagnosis, words($0))[keyPath: table]
    }
  }

  /// Every hypothesis with its numbers, and these as CSV.
  var hypotheses: Section {
    guard !diagnosis.hypotheses.isEmpty else { return Section("hypotheses", "") { _ in "" } }
    return Section("hypotheses", text(\.hypotheses), text(\.hypothesesNote)) {
      DiagnosisTables(diagnosis, words($0)).hypotheses
        + FigureMarkup.link(HypothesisCSV.text(diagnosis), name: "hypotheses")
    }
  }

  /// The rules of the waterfall and of the tables.
  static let style = """
    svg .bar .fill{fill:var(--c)}svg .bar .whisker{stroke:var(--ink);stroke-width:1.25}
    .level{--c:var(--rule)}.worse{--c:var(--fault)}.better{--c:var(--gptq)}.unsure{--c:var(--base)}
    td.wrap{white-space:pre-line;min-width:220px;max-width:520px}
    .status-confirmed{color:var(--fault);font-weight:600}.status-refuted{color:var(--gptq)}
    .status-undecided,.status-not_applicable{color:var(--muted)}

    """
}

/// The numbers that decided the hypotheses, for programs.
enum HypothesisCSV {
  /// A row a number, and one of a hypothesis that has none.
  static func text(_ diagnosis: Diagnosis) -> String {
    var csv = CSVText(columns: [
      "hypothesis", "status", "number", "value", "low", "high", "threshold",
    ])
    for finding in diagnosis.hypotheses {
      let begin = [finding.hypothesis.rawValue, finding.status.rawValue]
      if finding.numbers.isEmpty { csv.append(begin + ["", "", "", "", ""]) }
      for number in finding.numbers {
        csv.append(
          begin + [number.name]
            + [number.value, number.low, number.high, number.threshold].map {
              $0.map(NumberText.shortest) ?? ""
            })
      }
    }
    return csv.text
  }
}
