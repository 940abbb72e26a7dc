import Analysis
import Calib
import Compute
import Foundation
import Model
import TestSupport
import Testing
import Tokenizers

/// What `make_divergence.py` writes.
private struct Golden: Decodable {
  var context: Int
  var windows: Int
  var tokens_scored: Int
  var reverse_kld_mean: Double
  var top5_agreement: Double
  /// Value and naive error of each line, in double.
  var numpy: [String: [Double?]]
  /// What llama.cpp printed: value and error as text.
  var llamaCpp: [String: [String]]

  enum CodingKeys: String, CodingKey {
    case context, windows, tokens_scored, reverse_kld_mean, top5_agreement, numpy
    case llamaCpp = "llama.cpp"
  }

  init() throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
      .appendingPathComponent("divergence.json")
    self = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }
}

@Suite("The divergence table against llama.cpp")
struct LlamaTableTests {
  /// How a line of the table is printed: decimals, and what it is multiplied with.
  private func layout(_ name: String) -> (decimals: Int, factor: Double, errorDecimals: Int) {
    switch name {
    case "ln_ppl_correlation": (2, 100, 2)
    case "same_top_p": (3, 100, 3)
    case _ where name.hasPrefix("delta_p"): (3, 100, 3)
    default: (6, 1, 6)
    }
  }

  @Test(
    "every line: numpy's in double, and llama.cpp's to the printed digit but for its 16-bit codes")
  func table() throws {
    let golden = try Golden()
    try withTemporaryDirectory { folder in
      let model = try CutModel.write(to: folder, mask: 0xF0)
      let tokenizer = try Tokenizer(directory: Repository.demoModel)
      let text = try EvaluationText(
        from: Repository.corpus.appendingPathComponent("heldout-wiki.jsonl"),
        tokenizer: tokenizer, context: golden.context,
        maxTokens: golden.windows * golden.context, convention: .llamaCpp)
      let engine = CPUEngine()
      let base = try Decoder.open(Repository.demoModel, engine: engine) { _ in }
      let cut = try Decoder.open(model, engine: engine) { _ in }
      let divergence = try Scoring(cut, base: base).divergence(
        [HeldoutDomain(text, tokenizer: tokenizer)])[0]
      let statistics = divergence.statistics
      #expect(statistics.count == golden.tokens_scored)
      for (name, expected) in golden.numpy {
        let line = try #require(statistics[name], "\(name)")
        let value = try #require(expected[0])
        // Float32 logits summed in another order: 1e-6 of a probability or logarithm, and 1e-6 of two
        // perplexities near 54 in their difference.
        let tolerance = (name == "ppl_difference" ? 5e-5 : 4e-6) + 1e-5 * abs(value)
        #expect(abs(line.value - value) < tolerance, "\(name): \(line.value), \(value)")
        #expect((line.naiveStderr == nil) == (expected[1] == nil), "\(name)")
        if let error = expected[1], let naive = line.naiveStderr {
          #expect(abs(naive - error) < 4e-6 + 1e-4 * error, "\(name) ±: \(naive), \(error)")
        }
      }
      let reverse = try #require(statistics["reverse_kld_mean"])
      #expect(abs(reverse.value - golden.reverse_kld_mean) < 1e-6)
      let five = try #require(statistics["top5_agreement"])
      #expect(abs(five.value - golden.top5_agreement) < 1e-3)
      try compare(statistics, withPrinted: golden.llamaCpp)
      try groups(divergence)
    }
  }

  /// Of the printed table, what the base's codes do not touch is equal to the last digit, the rest to
  /// what the codes change.
  private func compare(
    _ statistics: DivergenceStatistics, withPrinted printed: [String: [String]]
  ) throws {
    #expect(printed.count == statistics.lines.count - 2)
    for (name, texts) in printed {
      let line = try #require(statistics[name], "\(name)")
      let layout = layout(name)
      let numbers = try texts.map { try #require(Double($0)) }
      // One unit of the last digit, since both are rounded; of float32 logits seven digits agree.
      let unit = pow(10, -Double(layout.decimals))
      let allowed = codes(name) ?? max(unit, 1e-7 * abs(numbers[0]))
      #expect(
        abs(line.value * layout.factor - numbers[0]) <= allowed,
        "\(name): \(line.value * layout.factor), llama.cpp \(texts)")
      if numbers.count > 1, let error = line.naiveStderr {
        #expect(
          abs(error * layout.factor - numbers[1]) <= max(unit, 2e-3 * numbers[1]),
          "\(name) ±: \(error * layout.factor), llama.cpp \(texts)")
      }
    }
  }

  /// What the 16-bit codes of the base's log-probabilities may change: one of them is off by up to
  /// 16 / 65535 / 2 = 1.2e-4, which shows in single tokens and averages out in means. (numpy with such
  /// codes, in the fixture too, gives llama.cpp's quantiles to 4e-5.)
  private func codes(_ name: String) -> Double? {
    switch name {
    case "kld_mean": 5e-6
    case _ where name.hasPrefix("kld_"): 1.25e-4
    case "ppl_base", "ppl_difference": 1e-4
    default: nil
    }
  }

  /// Groups are parts of the whole.
  private func groups(_ divergence: DomainDivergence) throws {
    let whole = divergence.statistics
    let mean = try #require(whole["kld_mean"]).value
    for groups in TokenGroup.Kind.allCases.map({ divergence.groups(by: $0) }) {
      #expect(groups.reduce(0) { $0 + $1.statistics.count } == whole.count)
      #expect(abs(groups.reduce(0) { $0 + $1.share } - 1) < 1e-12)
      let sum = groups.reduce(0) { $0 + $1.share * ($1.statistics["kld_mean"]?.value ?? 0) }
      #expect(abs(sum - mean) < 1e-9)
    }
    #expect(divergence.groups(by: .tokenClass).map(\.name).prefix(2) == ["kanji", "kana"])
    #expect(divergence.groups(by: .confidence).count == 5)
  }
}
