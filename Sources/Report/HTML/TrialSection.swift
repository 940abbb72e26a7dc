import Analysis
import GPTQ
import Results

/// One trial by itself: its settings, the command that writes its checkpoint, its scores by domain, and
/// what it lets follow prompts, what it did to each module. The page shows one; with the script its reader chooses another.
struct TrialSection {
  private let findings: Findings
  private let commands: ReportCommands
  private let data: HeatMapData?
  private let trials: [TrialResult]
  private let shown: TrialResult
  /// The places in `keys` of what differs between trials, and of what all share.
  private let varying: [Int]
  private let shared: [Int]
  /// Whether any of its domains are questions.
  private let hasQuestions: Bool
  private let nextTokens: NextTokenTables

  /// Nil without trials. `data` are the modules' values that the page carries.
  init?(_ findings: Findings, _ commands: ReportCommands, _ data: HeatMapData?) {
    let trials = findings.results.trials.sorted { $0.number < $1.number }
    let first = findings.picks.ship.first.flatMap { findings.results.trial($0.trial) }
    guard let shown = first ?? trials.first else { return nil }
    self.findings = findings
    self.commands = commands
    self.data = data
    self.trials = trials
    nextTokens = NextTokenTables(findings.results)
    self.shown = shown
    let values = trials.map(Self.values)
    varying = Self.keys.indices.filter { place in Set(values.map { $0[place] }).count > 1 }
    shared = Self.keys.indices.filter { place in Set(values.map { $0[place] }).count == 1 }
    hasQuestions = trials.contains { $0.evaluations.contains { $0.accuracy != nil } }
  }

  /// The section.
  var html: String {
    let values = Self.values(shown)
    let settings = (varying + shared).filter { !values[$0].isEmpty }.map { place in
      "<div><dt>\(Self.keys[place].xmlEscaped)</dt><dd>\(values[place].xmlEscaped)</dd></div>"
    }
    return """
      <section id="one-trial">
      <h2>\(PageWords.oneTrial.html)</h2>
      <p class="tools"><select disabled="disabled" data-trial="\(shown.number)" \
      \(PageWords.trialPicker.attribute("aria-label"))>\
      <option selected="selected">\(findings.names.label(shown).xmlEscaped)</option></select></p>
      \(FigureMarkup.chosen(findings.names.label(shown)))
      <p class="command"><button type="button" class="copy js-only" data-of="command-of-trial">\
      <span class="ask">\(ShellWords.copy.html)</span>\
      <span class="said">\(ShellWords.copied.html)</span></button>\
      <code id="command-of-trial">\(command(shown).xmlEscaped)</code></p>
      <dl class="environment">
      \(settings.joined(separator: "\n"))
      </dl>
      <div class="scores">\(scoreTable)</div>
      \(nextTokens.html(shown))
      \(moduleTable)
      </section>

      """
  }

  private func command(_ trial: TrialResult) -> String {
    commands.quantize(trial, named: findings.names.name(trial))
  }

  // MARK: Settings

  private static let keys =
    ["role", "draw", "state"] + TrialConfig.columns.map(\.key) + ["bits_per_weight", "size_bytes"]

  /// In the order of `keys`; empty is not said.
  private static func values(_ trial: TrialResult) -> [String] {
    [trial.role.rawValue, String(trial.draw), trial.state.rawValue]
      + TrialConfig.columns.map { TrialsCSV.field($0, of: trial) }
      + [
        trial.bitsPerWeight > 0 ? NumberText.shortest(trial.bitsPerWeight) : "",
        trial.sizeBytes > 0 ? String(trial.sizeBytes) : "",
      ]
  }

  // MARK: Scores

  private func scores(_ trial: TrialResult) -> [[(text: String, key: String)]] {
    findings.results.allDomains.compactMap { domain in
      guard let evaluation = trial.evaluation(on: domain) else { return nil }
      let hasBase = findings.results.base.contains { $0.domain == domain }
      let cells = TableMarkup.scoreCells(evaluation, isPaired: hasBase, hasQuestions: hasQuestions)
      return [(domain, domain)] + cells.map { ($0.text, $0.key) }
    }
  }

  private var scoreTable: String {
    let rows = scores(shown).map { cells -> TableMarkup.Row in
      var row = TableMarkup.Row(
        cells.enumerated().map { index, cell in
          .init(html: cell.text.xmlEscaped, key: cell.key, style: index == 0 ? "name" : "num")
        })
      row.trial = String(shown.number)
      return row
    }
    return TableMarkup.table(
      PageWords.scoreColumns + (hasQuestions ? [PageWords.accuracyColumn] : []), rows)
  }

  // MARK: Modules

  private var moduleTable: String {
    guard let data else { return "" }
    let columns =
      [TableMarkup.Column(PageWords.module)]
      + data.measures.map { measure in
        TableMarkup.Column(
          measure.name, help: Bilingual(measure.column), isNumeric: measure != .path)
      }
    let values = data.trials.first { $0.number == shown.number }?.values
    let rows = data.cells.indices.compactMap { index -> TableMarkup.Row? in
      guard let values, values.contains(where: { !$0[index].isNaN }) else { return nil }
      return TableMarkup.Row(
        [.text(data.cells[index].path, style: "name")]
          + zip(data.measures, values).map { measure, values in
            measure == .path
              ? .text(Self.path(values[index]))
              : Self.number(values[index])
          })
    }
    return "<details class=\"modules\"><summary>\(PageWords.modulesOfTrial.html)</summary>\n"
      + TableMarkup.table(columns, rows) + "</details>"
  }

  /// A value in the three digits that the page carries, which it sorts by, too.
  private static func number(_ value: Double) -> TableMarkup.Cell {
    var cell = TableMarkup.Cell.number(HeatMapData.text(value), value)
    if value.isFinite { cell.key = HeatMapData.text(value) }
    return cell
  }

  private static func path(_ place: Double) -> String {
    place.isNaN ? NumberText.missing : SolverPath.allCases[Int(place)].rawValue
  }

  // MARK: The script's data

  /// Every trial's settings, command and scores.
  var json: String {
    let commands = trials.map { command($0) }
    let begin = commands.dropFirst().reduce(commands.first ?? "") { begin, command in
      String(zip(begin, command).prefix { $0 == $1 }.map(\.0))
    }
    let trials = zip(trials, commands).map { trial, command -> String in
      let scores = scores(trial).map { row -> String in
        let cells = row.map { text, key in
          text == key ? text.jsonQuoted : "[\(text.jsonQuoted),\(key.jsonQuoted)]"
        }
        return "[\(cells.joined(separator: ","))]"
      }
      let all = Self.values(trial)
      let values = varying.map { all[$0].jsonQuoted }.joined(separator: ",")
      return "{\"n\":\(trial.number),\"s\":\(findings.names.label(trial).jsonQuoted),"
        + "\"c\":\(String(command.dropFirst(begin.count)).jsonQuoted),\"k\":[\(values)],"
        + "\"e\":[\(scores.joined(separator: ","))]"
        + (nextTokens.json(trial).map { ",\"x\":\($0)" } ?? "") + "}"
    }
    let keys = varying.map { Self.keys[$0].jsonQuoted }.joined(separator: ",")
    let values = Self.values(shown)
    let same = shared.map { "[\(Self.keys[$0].jsonQuoted),\(values[$0].jsonQuoted)]" }
    return
      "{\"tokens\":\(nextTokens.tokensJSON),\"command\":\(begin.jsonQuoted),\"keys\":[\(keys)],\"same\":[\(same.joined(separator: ","))],\"trials\":[\(trials.joined(separator: ","))]}"
  }
}
