import Analysis
import Results

/// `next_tokens.csv`: what each model lets follow the prompts, one row a trial, prompt, place and token.
///
/// Behind a prompt the likeliest tokens of the trial and those of the base; at the places before its end
/// the likeliest one.
public enum NextTokensCSV {
  /// The header, in order. No column holds a time.
  public static var columnNames: [String] { columns.map(\.name) }

  /// The file's text: the base first, then trials by number; prompts in their order, the end of each
  /// first.
  public static func text(_ results: StudyResults) -> String {
    CSVColumn.csv(columns, rows(results))
  }

  /// The same rows as a JSON array of objects.
  public static func json(_ results: StudyResults) -> String {
    CSVColumn.json(columns, rows(results))
  }

  private struct Row: Sendable {
    var trial: String
    var prompt: Int
    var position: Int
    var before: String
    var rank: Int?
    var baseRank: Int?
    var token: Int32
    var text: String
    var probability: Double
    var baseProbability: Double?
    var kld: Double
  }

  private static let columns: [CSVColumn<Row>] = [
    CSVColumn("trial", .either) { $0.trial },
    .integer("prompt") { $0.prompt },
    .integer("position") { $0.position },
    .text("before") { $0.before },
    .integer("rank") { $0.rank },
    .integer("base_rank") { $0.baseRank },
    .integer("token") { Int($0.token) },
    .text("text") { $0.text },
    .number("probability") { $0.probability },
    .number("base_probability") { $0.baseProbability },
    .number("kld") { $0.kld },
  ]

  private static func rows(_ results: StudyResults) -> [Row] {
    let models =
      [("base", results.baseNextTokens)]
      + results.trials.sorted { $0.number < $1.number }.map { ("\($0.number)", $0.nextTokens) }
    let prompts = results.environment.prompts
    return models.flatMap { name, all in
      zip(prompts, all).enumerated().flatMap { index, pair in
        let base = index < results.baseNextTokens.count ? results.baseNextTokens[index] : nil
        return rows(of: name, index, pair.0, pair.1, base: base)
      }
    }
  }

  private static func rows(
    of trial: String, _ index: Int, _ prompt: Prompt, _ next: NextTokens, base: NextTokens?
  ) -> [Row] {
    let end = prompt.tokens.count
    let others = next.baseLikeliest.filter { other in
      !next.likeliest.contains { $0.token == other.token }
    }
    let candidates = (next.likeliest + others).map { candidate in
      Row(
        trial: trial, prompt: index, position: end, before: prompt.text(before: end),
        rank: next.likeliest.firstIndex { $0.token == candidate.token }.map { $0 + 1 },
        baseRank: next.baseLikeliest.firstIndex { $0.token == candidate.token }.map { $0 + 1 },
        token: candidate.token, text: candidate.text, probability: candidate.probability,
        baseProbability: candidate.baseProbability, kld: next.kld)
    }
    let steps = next.along.map { step in
      let theirs = base?.along.first { $0.position == step.position }
      return Row(
        trial: trial, prompt: index, position: step.position,
        before: prompt.text(before: step.position), rank: 1,
        baseRank: theirs?.token == step.token ? 1 : nil, token: step.token, text: step.text,
        probability: step.probability, baseProbability: nil, kld: step.kld)
    }
    return candidates + steps
  }
}
