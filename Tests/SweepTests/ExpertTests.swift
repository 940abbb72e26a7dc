import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Report
import Results
import Sweep
import Tensor
import TestSupport
import Testing

/// Experts in a pass: what their Hessians are measured on, and what is said of it.
@Suite("Experts in a pass")
struct ExpertTests {
  private let engine = CPUEngine()
  private let calibration: [[Int32]] = (0..<6).map { window in
    (0..<48).map { Int32(($0 * 37 + window * 11) % 96) }
  }
  private let heldout = HeldoutDomain(
    name: "held", windows: (0..<3).map { w in (0..<32).map { Int32(($0 * 29 + w * 7) % 96) } },
    characters: 100)
  private var tokens: Int { calibration.joined().count }

  private func pass(_ model: String, groupsAtOnce: Int = .max) throws -> OnePass {
    let folder = Repository.root.appendingPathComponent(
      "Tests/ModelTests/Fixtures/tiny-\(model)")
    var pass = OnePass(
      decoder: try Decoder(directory: folder, engine: engine), engine: engine,
      calibration: calibration, domains: [heldout])
    pass.groupsAtOnce = groupsAtOnce
    return pass
  }

  private func config(
    _ calibration: ExpertCalibration = .routed,
    _ propagation: TrialConfig.Propagation = .shared, algorithm: QuantizeConfig.Algorithm = .gptq
  ) -> TrialConfig {
    var config = TrialConfig()
    config.quantize.groupSize = 8
    config.quantize.dampPercent = 0.05
    config.quantize.algorithm = algorithm
    config.expertCalibration = calibration
    config.propagation = propagation
    return config
  }

  private func run(
    _ model: String, _ configs: [TrialConfig], groupsAtOnce: Int = .max
  ) throws -> [TrialResult] {
    let trials = configs.enumerated().map {
      TrialResult(number: $0.offset, config: $0.element, companion: nil)
    }
    return try pass(model, groupsAtOnce: groupsAtOnce).run(trials).trials
  }

  @Test(
    "every family with experts goes through, each token to k of them",
    arguments: [
      ("mixtral", 2), ("qwen2_moe", 2), ("qwen3_moe", 2), ("qwen3_moe-sparse", 1), ("gpt_oss", 2),
      ("gpt_oss-mxfp4", 2),
    ])
  func families(model: String, chosen: Int) throws {
    let configs = [
      config(), config(.routed, .quantized), config(.fallback, .quantized),
      config(.all, .quantized, algorithm: .gptaq),
    ]
    let linears = try pass(model).decoder.config.linears.count
    for trial in try run(model, configs) {
      #expect(trial.state == .complete && trial.evaluations[0].isFinite)
      #expect(trial.modules.count == linears && trial.hiddenErrors.allSatisfy { $0 > 0 })
      let experts = trial.modules.filter { $0.expertTokens != nil }
      let layers = Dictionary(grouping: experts, by: \.layer)
      for (layer, modules) in layers {
        let kinds = Dictionary(grouping: modules) { LinearName(rawValue: $0.module).kind }
        #expect(kinds.count == 3)
        for modules in kinds.values {
          #expect(modules.reduce(0) { $0 + ($1.expertTokens ?? 0) } == chosen * tokens)
          let share = modules.reduce(0) { $0 + ($1.expertShare ?? 0) }
          #expect(abs(share - Double(chosen)) < 1e-9)
        }
        #expect((trial.routingDrifts[layer] ?? -1) >= 0)
        #expect(modules.allSatisfy { $0.routingDrift == trial.routingDrifts[layer] })
      }
      let dense = trial.modules.filter { $0.expertTokens == nil }
      #expect(dense.allSatisfy { $0.hessianTokens == nil })
    }
  }

  @Test("an expert without a token: rounded, or solved on all tokens, and said so")
  func unseen() throws {
    let configs = [
      config(), config(.routed, .quantized), config(.fallback), config(.fallback, .quantized),
      config(.all),
    ]
    let trials = try run("mixtral", configs)
    func cold(_ trial: Int) -> [ModuleResult] {
      trials[trial].modules.filter { LinearName(rawValue: $0.module).expert == 2 }
    }
    for trial in trials.indices {
      #expect(cold(trial).count == 6 && cold(trial).allSatisfy { $0.expertTokens == 0 })
      // Its errors are over all tokens, so that they are numbers.
      #expect(cold(trial).allSatisfy { $0.hessianTokens == tokens })
      #expect(cold(trial).allSatisfy { $0.relativeErrorCalibration > 0 })
      #expect(cold(trial).allSatisfy { $0.relativeErrorHeldout > 0 && $0.codesHash != nil })
    }
    for trial in [0, 1] {
      #expect(cold(trial).allSatisfy { $0.solverPath == .noTokens })
      #expect(
        cold(trial).allSatisfy {
          $0.relativeErrorCalibration == $0.rtnRelativeErrorCalibration
        })
      let warm = trials[trial].modules.filter { ($0.expertTokens ?? 0) > 0 }
      #expect(warm.allSatisfy { $0.solverPath != .noTokens && $0.hessianTokens == $0.expertTokens })
    }
    for trial in [2, 3] {
      #expect(cold(trial).contains { $0.solverPath == .pooled })
      #expect(cold(trial).allSatisfy { [.pooled, .double, .damped, .rtn].contains($0.solverPath) })
    }
    let all = trials[4].modules.filter { $0.expertTokens != nil }
    #expect(all.allSatisfy { $0.hessianTokens == tokens && $0.solverPath != .pooled })
    // What is better on all tokens is solved on them.
    let mean = { (trial: Int) in
      cold(trial).reduce(0) { $0 + $1.relativeErrorCalibration }
    }
    #expect(mean(4) < mean(0))
  }

  @Test("experts in parts: the same numbers", arguments: ["qwen3_moe", "qwen2_moe"])
  func parts(model: String) throws {
    let configs = [
      config(), config(.all), config(.fallback, .quantized),
      config(.routed, .quantized, algorithm: .gptaq),
    ]
    let whole = try run(model, configs)
    for count in [1, 4] {
      for (a, b) in zip(whole, try run(model, configs, groupsAtOnce: count)) {
        #expect(a.modules.map(\.module) == b.modules.map(\.module))
        for (one, other) in zip(a.modules, b.modules) {
          #expect(
            abs(one.relativeErrorCalibration / other.relativeErrorCalibration - 1) < 1e-3,
            "\(one.path)")
          #expect(one.solverPath == other.solverPath && one.expertTokens == other.expertTokens)
        }
        #expect(abs(a.evaluations[0].nllPerToken - b.evaluations[0].nllPerToken) < 1e-4)
      }
    }
  }

  @Test("fewer bits send more tokens to other experts; the base's own weights none")
  func drift() throws {
    var configs = [2, 8].map { bits in
      var config = config()
      config.quantize.bits = bits
      return config
    }
    configs.append(config())
    configs[2].modules = ["self_attn.q_proj"]
    configs[2].quantize.bits = 8
    let drifts = try run("qwen3_moe", configs).map { $0.routingDrifts.compactMap { $0 } }
    #expect(drifts.allSatisfy { $0.count == 2 })
    #expect(drifts[0][1] > drifts[1][1] && drifts[0][1] > 0.05 && drifts[1][1] < 0.2)
    #expect(drifts[2][1] <= drifts[0][1])
  }

  /// qwen3_moe with routers that never choose some experts: of two rows r and −r one is positive, so
  /// that with two such pairs a row of zeros is never among the first two.
  private struct Planted: WeightSource {
    let base: any WeightSource
    static let unseen = [[0, 4], [1, 4], [1, 5]]

    func contains(_ name: String) -> Bool { base.contains(name) }
    func shape(of name: String) throws(InputError) -> [Int] { try base.shape(of: name) }
    func vector(_ name: String) throws(InputError) -> [Float] { try base.vector(name) }
    func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
      var matrix = try base.matrix(name, rows: rows)
      guard name.hasSuffix("mlp.gate.weight") else { return matrix }
      for column in 0..<matrix.columns {
        for row in [0, 2] { matrix[row + 1, column] = -matrix[row, column] }
        for place in Self.unseen where name.contains(".\(place[0]).") {
          matrix[place[1], column] = 0
        }
      }
      return matrix
    }
  }

  @Test("the report names exactly the experts that calibration missed")
  func finding() throws {
    let whole = try pass("qwen3_moe").decoder
    let planted = try Decoder(
      config: whole.config, source: Planted(base: whole.source), engine: engine)
    let pass = OnePass(
      decoder: planted, engine: engine, calibration: calibration, domains: [heldout])
    let trials = try pass.run([TrialResult(number: 0, config: config(), companion: nil)]).trials
    let coverage = try #require(ExpertCoverage(trials[0]))
    #expect(coverage.experts.count == 12)
    #expect(coverage.unseen.map { [$0.layer, $0.expert] } == Planted.unseen)
    let results = StudyResults(environment: StudyTests.environment(), base: [], trials: trials)
    let said = try #require(
      Findings(results).sentences.first { $0.contains("got no calibration token") })
    #expect(
      said.hasPrefix(
        "3 of 12 experts got no calibration token (layer 0: 4; layer 1: 4, 5):"
          + " they were rounded to nearest"), "\(said)")
    let csv = LayersCSV.text(results).split(separator: "\n")
    #expect(csv[0].contains("expert_tokens,expert_share,hessian_tokens,in_features"))
    #expect(csv.count { $0.contains(",no_tokens,,0,0.0,\(tokens),") } == 9)
  }

  @Test("a plan of Qwen3-30B-A3B keeps to its budget, experts in parts where they do not fit")
  func plan() throws {
    let text = """
      {"model_type": "qwen3_moe", "hidden_size": 2048, "intermediate_size": 6144,
       "moe_intermediate_size": 768, "num_experts": 128, "num_experts_per_tok": 8,
       "num_hidden_layers": 48, "num_attention_heads": 32, "num_key_value_heads": 4,
       "head_dim": 128, "vocab_size": 151936, "norm_topk_prob": true,
       "max_position_embeddings": 40960, "rope_theta": 1000000.0}
      """
    let model = try ModelConfig(json: Data(text.utf8), name: "config.json")
    #expect(model.linears.count == 48 * (4 + 3 * 128))
    let trial = config(.routed, .quantized)
    func plan(_ budget: Int?) -> MemoryPlan {
      MemoryPlan(
        config: model, calibration: [[Int](repeating: 2048, count: 128)],
        evaluation: [[Int](repeating: 512, count: 16)], trials: [trial], budget: budget)
    }
    let whole = plan(nil)
    #expect(whole.groupsAtOnce == .max && whole.fixed > 20_000_000_000)
    // E Hessians of gate and up: the sum, H, the held-out factor and the factors at work.
    let hessians = try #require(whole.terms.last)
    #expect(hessians.name == "Hessians and factors of 128 experts")
    #expect(hessians.bytes == 4 * 6 * 128 * 2048 * 2048)
    for budget in [20_000_000_000, 12_000_000_000, 9_000_000_000] {
      let within = plan(budget)
      #expect(within.fixed <= budget && within.groupsAtOnce >= 1 && within.groupsAtOnce < 128)
      #expect(
        within.terms.last?.name
          == "Hessians and factors of \(within.groupsAtOnce) of 128 experts at a time")
    }
    #expect(plan(20_000_000_000).groupsAtOnce > plan(9_000_000_000).groupsAtOnce)
  }
}
