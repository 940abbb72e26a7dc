import Basics
import Compute
import Foundation
import Model
import Synchronization
import Tensor
import TestSupport
import Testing

@Suite("Embedding and lm_head, read in parts")
struct DecoderHeadTests {
  /// One random layer under a vocabulary of three tiles, which notes what is read.
  private final class Source: WeightSource {
    static let vocabulary = 20_000
    static let config = """
      {"model_type": "llama", "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1,
       "num_attention_heads": 2, "vocab_size": \(vocabulary), "tie_word_embeddings": true}
      """
    let table = Matrix<Float>.gaussian(vocabulary, 8, seed: 7)
    let tableReads = Mutex<[Range<Int>]>([])

    private static let shapes: [String: [Int]] = {
      var shapes = ["model.embed_tokens.weight": [vocabulary, 8], "model.norm.weight": [8]]
      for name in ["input_layernorm", "post_attention_layernorm"] {
        shapes["model.layers.0.\(name).weight"] = [8]
      }
      for name in [
        "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
        "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
      ] {
        shapes["model.layers.0.\(name).weight"] = [8, 8]
      }
      return shapes
    }()

    func contains(_ name: String) -> Bool { Self.shapes[name] != nil }

    func shape(of name: String) -> [Int] { Self.shapes[name] ?? [] }

    func matrix(_ name: String, rows: Range<Int>) -> Matrix<Float> {
      guard name == "model.embed_tokens.weight" else { return .gaussian(rows.count, 8, seed: 3) }
      tableReads.withLock { $0.append(rows) }
      return table.rows(in: rows)
    }

    func vector(_ name: String) -> [Float] { [Float](repeating: 1, count: 8) }
  }

  private let source = Source()
  private let decoder: Decoder

  init() throws {
    decoder = try Decoder(
      config: ModelConfig(json: Data(Source.config.utf8), name: "config.json"), source: source,
      engine: CPUEngine())
  }

  @Test("embed reads the rows of its tokens and no others")
  func embedding() throws {
    let states = try decoder.embed([[5, 19_999], [], [5]])
    #expect(source.tableReads.withLock { Set($0) } == [5..<6, 19_999..<20_000])
    #expect(states.residual == source.table.selectingRows([5, 19_999, 5]))
    #expect(states.windows == [0..<2, 2..<2, 2..<3])
  }

  @Test("compare reads each tile of lm_head once, and agrees with the whole logits")
  func tiles() throws {
    let windows: [[Int32]] = [[1, 2, 8191, 8192], [19_999, 7], [3]]
    let base = try decoder.embed(windows)
    var trial = base
    try decoder.layer(0, positions: 4).advance(&trial)
    source.tableReads.withLock { $0 = [] }
    let statistics = try decoder.head().compare(
      base: base, trials: [base, trial], windows: windows)
    #expect(
      source.tableReads.withLock { $0 } == [0..<8192, 8192..<16_384, 16_384..<Source.vocabulary])

    let rows = [0, 1, 2, 4]
    let targets = [2, 8191, 8192, 7]
    let logits = try [base, trial].map { try decoder.head().logits($0) }
    for (scored, (row, target)) in zip(rows, targets).enumerated() {
      for (model, logits) in logits.enumerated() {
        let row = logits.row(row).map(Double.init)
        let nll = log(row.reduce(0) { $0 + exp($1) }) - row[target]
        #expect(abs(statistics[model][scored].nll - nll) < 1e-5)
      }
      #expect(abs(statistics[0][scored].kld) < 1e-9)
      #expect(statistics[1][scored].kld > 1e-6)
    }
    #expect(statistics.map(\.count) == [4, 4])
  }

  @Test("what follows prompts is that of the whole logits, whichever tile it stands in")
  func nextTokens() throws {
    let base = try decoder.embed([[1, 2, 8191, 8192], [19_999, 7]])
    var trial = base
    try decoder.layer(0, positions: 4).advance(&trial)
    source.tableReads.withLock { $0 = [] }
    let found = try decoder.head().nextTokens(
      base: base, trials: [base, trial], places: [[2, 4], [2]], count: 5)
    #expect(source.tableReads.withLock { $0.count } == 3)
    let logits = try [base, trial].map { try decoder.head().logits($0) }
    for model in 0..<2 {
      #expect(found[model].map(\.places.count) == [2, 1])
      for (prompt, row) in [(0, 3), (1, 5)] {
        let (mine, theirs) = (Array(logits[model].row(row)), Array(logits[0].row(row)))
        let order = mine.indices.sorted { (mine[$0], $1) > (mine[$1], $0) }.prefix(5)
        let likeliest = found[model][prompt].likeliest
        #expect(likeliest.map(\.token) == order.map(Int32.init))
        for entry in likeliest + found[model][prompt].baseLikeliest {
          #expect(abs(entry.logit - mine[Int(entry.token)]) < 1e-5)
          #expect(abs(entry.baseLogit - theirs[Int(entry.token)]) < 1e-5)
        }
        #expect(
          found[model][prompt].baseLikeliest.map(\.token) == found[0][prompt].likeliest.map(\.token)
        )
        #expect(found[model][prompt].places.last?.trial.top == order.first.map(Int32.init))
      }
      // The place before the end.
      let row = logits[model].row(1).map(Double.init)
      #expect(
        abs((found[model][0].places[0].trial.logSumExp) - log(row.reduce(0) { $0 + exp($1) }))
          < 1e-4)
    }
  }
}
