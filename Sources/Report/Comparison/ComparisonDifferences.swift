import Analysis
import Results

/// What each pair differs by on each domain: as sentences, as a table, and as CSV.
struct ComparisonDifferences {
  /// One pair on one domain.
  struct Row {
    let pair: ComparedStudies.Pair
    let domain: String
    let isMain: Bool
    let first: Evaluation?
    let second: Evaluation?
    let obstacle: ComparedStudies.Obstacle?
    let nll: Comparison?
    let kld: Comparison?
  }

  let rows: [Row]
  private let page: ComparisonPage
  private let areSameSettings: Bool
  private let names: (first: TrialNames, second: TrialNames)

  init(_ page: ComparisonPage) {
    self.page = page
    let (areSameSettings, pairs) = page.pairs
    self.areSameSettings = areSameSettings
    names = (TrialNames(page.first.results.trials), TrialNames(page.second.results.trials))
    let studies = page.studies
    let main = studies.mainDomain
    // Two studies are compared on their main domain; two trials on every one.
    let domains =
      page.first.trial == nil ? main.map { [$0] } ?? [] : studies.domains
    rows = pairs.flatMap { pair in
      domains.map { domain in
        let scores = [pair.first, pair.second].map { $0.evaluation(on: domain) }
        func compare(_ metric: DiagnosisMetric) -> Comparison? {
          studies.compare(
            pair.first, pair.second, metric, on: domain, comparisons: pairs.count)
        }
        return Row(
          pair: pair, domain: domain, isMain: domain == main, first: scores[0],
          second: scores[1], obstacle: studies.obstacle(scores[0], scores[1], on: domain),
          nll: compare(.nll), kld: compare(.kld))
      }
    }
  }

  /// What a row is called: its domain where two trials are compared, else its trials.
  func name(_ row: Row) -> String {
    page.first.trial == nil
      ? "\(names.first.label(row.pair.first)) / #\(row.pair.second.number)" : row.domain
  }

  // MARK: Sentences

  /// The answer, and what stands in its way.
  var sentences: [(tone: String, text: Bilingual)] {
    let words = page.words
    var all: [(tone: String, text: Bilingual)] = []
    if page.first.trial == nil {
      all.append(
        ("note", words.matched(rows.count, areSameSettings: areSameSettings)))
      let judged = rows.compactMap(\.kld)
      if !judged.isEmpty {
        all.append(("result", words.counts(judged.map(\.verdict))))
      }
    } else if let main = rows.first(where: \.isMain) {
      if let kld = main.kld { all.append(("result", words.answer(kld, on: main.domain))) }
      if let nll = main.nll { all.append(("result", words.answer(nll, on: main.domain))) }
    }
    if page.studies.domains.isEmpty { all.append(("warning", words.noDomain)) }
    var told: [String] = []
    for row in rows {
      guard let obstacle = row.obstacle, !told.contains(row.domain) else { continue }
      told.append(row.domain)
      all.append(("warning", words.obstacle(obstacle, on: row.domain)))
    }
    if !page.studies.isSameModel { all.append(("warning", words.otherModel)) }
    return all
  }

  // MARK: Table

  var table: String {
    TableMarkup.table(
      page.words.columns(isOfTrials: page.first.trial != nil),
      rows.map { row in
        func number(_ value: Double?, _ digits: Int = 4) -> TableMarkup.Cell {
          .number(value.map { NumberText.significant($0, digits) } ?? "", value)
        }
        func kld(_ evaluation: Evaluation?, _ results: StudyResults) -> TableMarkup.Cell {
          let known = results.mainBase == nil ? nil : evaluation
          return .number(
            known.map { NumberText.estimate(1000 * $0.kldMean, 1000 * $0.kldStderr) } ?? "",
            known?.kldMean)
        }
        func difference(_ found: Comparison?) -> TableMarkup.Cell {
          .number(
            found.map {
              NumberText.estimate(1000 * $0.difference, 1000 * $0.stderr, signed: true)
            } ?? "", found?.difference)
        }
        func verdict(_ found: Comparison?) -> TableMarkup.Cell {
          .text(found.map { ComparisonWords.verdict($0.verdict) } ?? Bilingual(NumberText.missing))
        }
        return .init([
          .text(name(row), style: "name"), number(row.pair.first.bitsPerWeight),
          number(row.pair.second.bitsPerWeight), number(row.first?.perplexity),
          number(row.second?.perplexity), difference(row.nll), verdict(row.nll),
          kld(row.first, page.first.results), kld(row.second, page.second.results),
          difference(row.kld), verdict(row.kld),
        ])
      })
  }

  /// The table in full precision.
  var csv: String {
    var csv = CSVText(columns: [
      "trial_a", "settings_a", "trial_b", "settings_b", "domain", "bits_per_weight_a",
      "bits_per_weight_b", "perplexity_a", "perplexity_b", "nll_difference", "nll_stderr",
      "nll_noise", "nll_verdict", "kld_mean_a", "kld_mean_b", "kld_difference", "kld_stderr",
      "kld_noise", "kld_verdict",
    ])
    func text(_ value: Double?) -> String { value.map(NumberText.shortest) ?? "" }
    func fields(_ found: Comparison?) -> [String] {
      [
        text(found?.difference), text(found?.stderr), text(found?.noise),
        found.map { "\($0.verdict)" } ?? "",
      ]
    }
    for row in rows {
      let (one, other) = (row.pair.first, row.pair.second)
      csv.append(
        [
          String(one.number), names.first.name(one), String(other.number),
          names.second.name(other), row.domain, text(one.bitsPerWeight),
          text(other.bitsPerWeight), text(row.first?.perplexity), text(row.second?.perplexity),
        ] + fields(row.nll) + [text(row.first?.kldMean), text(row.second?.kldMean)]
          + fields(row.kld))
    }
    return csv.text
  }
}
