import Analysis
import Basics
import Calib
import Foundation
import GPTQ
import Results

/// Made-up studies that look like real ones: errors that fall with bits, grow with depth and are
/// worst in down_proj, a packer that damages Int8. The same arguments give the same study.
struct StudyFixture {
  var layers = 6
  var bits = [4, 8]
  var groupSizes = [64, 128]
  var damps = [0, 0.005, 0.01, 0.1]
  var descActs = [true]
  var domains = ["wiki", "dialogue"]
  var hasBase = true
  var hasPackerTwins = true
  /// Whether trials know their divergence statistics, as studies have them since schema 9.
  var hasDivergence = false
  /// Whether it has spectra and weight errors, as studies have them since schema 12.
  var hasMeasures = false

  static let modules = [
    "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
    "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
  ]

  /// The study of these settings.
  func build() -> StudyResults {
    var trials: [TrialResult] = []
    for bits in bits {
      for groupSize in groupSizes {
        let companion = trials.count
        trials.append(trial(companion, bits, groupSize, companion: nil) { $0.algorithm = .rtn })
        for descAct in descActs {
          for damp in damps {
            trials.append(
              trial(trials.count, bits, groupSize, companion: companion) {
                $0.dampPercent = damp
                $0.descAct = descAct
              })
          }
        }
        if hasPackerTwins, bits == 8 {
          trials.append(
            trial(trials.count, bits, groupSize, companion: companion, packer: .autogptqBF16) {
              $0.dampPercent = 0.01
              $0.descAct = descActs[0]
            })
        }
      }
    }
    var study = StudyResults(
      environment: environment, base: hasBase ? domains.map(baseEvaluation) : [], trials: trials,
      times: times(trials))
    if hasMeasures {
      study.spectra = spectra
      for index in study.trials.indices {
        study.trials[index].weightErrors = weightErrors(study.trials[index])
      }
    }
    return study
  }

  /// One pass, broken off after half of the layers and gone on with an hour later; the last trial was
  /// stopped a layer before the end.
  private func times(_ trials: [TrialResult]) -> [TimedStep] {
    let began = 1_795_761_062.25
    let half = (layers + 1) / 2
    var steps: [TimedStep] = []
    for (attempt, part) in [(1, 0..<half), (2, half..<layers)] where !part.isEmpty {
      let start = began + (attempt == 1 ? 0 : 3600 + 10 * Double(half))
      let end = start + 10 * Double(part.count)
      steps.append(
        TimedStep(
          attempt: attempt, kind: .pass, number: 1, what: "the trials", began: start,
          ended: end + (part.upperBound == layers ? 4 : 0)))
      steps += part.enumerated().map { place, layer in
        TimedStep(
          attempt: attempt, kind: .layer, number: layer, began: start + 10 * Double(place),
          ended: start + 10 * Double(place + 1))
      }
      steps += trials.map { trial in
        let isStopped = attempt == 2 && trial.number == trials.last?.number
        return TimedStep(
          attempt: attempt, kind: .trial, number: trial.number, began: start,
          ended: isStopped ? end - 10 : steps.first { $0.attempt == attempt }?.ended ?? end)
      }
    }
    return steps
  }

  private func trial(
    _ number: Int, _ bits: Int, _ groupSize: Int, companion: Int?, packer: Packer = .exact,
    _ configure: (inout QuantizeConfig) -> Void
  ) -> TrialResult {
    var quantize = QuantizeConfig()
    quantize.bits = bits
    quantize.groupSize = groupSize
    configure(&quantize)
    var config = TrialConfig(quantize: quantize)
    (config.packer, config.propagation) = (packer, .shared)
    var trial = TrialResult(number: number, config: config, companion: companion)
    trial.state = .complete
    trial.bitsPerWeight =
      Double(bits) + (groupSize > 0 ? Double(16 + bits) / Double(groupSize) : 0.05)
    trial.sizeBytes = 6_300_000 + Int(trial.bitsPerWeight / 8 * 9_400_000)
    trial.wallSeconds = quantize.algorithm == .rtn ? 0.41 : 2.17 + Double(bits) / 10
    trial.seconds.evaluate = 0.4
    trial.seconds.columns = trial.wallSeconds - 0.4

    var random = SplitMix64(seed: UInt64(bits * 1000 + groupSize) &+ UInt64(number) &* 77)
    let scale = Self.errorScale(quantize)
    for layer in 0..<layers {
      for (index, name) in Self.modules.enumerated() {
        trial.modules.append(
          module(layer, name, index, scale: scale, quantize, packer, &random))
      }
      trial.hiddenErrors.append(trial.modules.last?.hiddenError ?? .nan)
    }
    for (index, domain) in domains.enumerated() {
      trial.evaluations.append(
        evaluation(domain, index, scale: scale, packer: packer, groupSize, &random))
    }
    return trial
  }

  /// Relative error of a typical module.
  private static func errorScale(_ config: QuantizeConfig) -> Double {
    let grid = pow(4, -Double(config.bits)) * (config.groupSize == 64 ? 0.8 : 1)
    let damp = config.dampPercent
    let fit = damp == 0 ? 1.03 : 1 + 0.06 * abs(log10(damp) + 2)
    return (config.algorithm == .rtn ? 1.9 : fit) * grid
  }

  private func module(
    _ layer: Int, _ name: String, _ index: Int, scale: Double, _ config: QuantizeConfig,
    _ packer: Packer, _ random: inout SplitMix64
  ) -> ModuleResult {
    var module = ModuleResult(layer: layer, module: name)
    let isRTN = config.algorithm == .rtn
    let shape = [0.7, 0.55, 1.3, 1.6, 1.0, 1.1, 2.6][index] * (0.7 + 0.8 * random.uniform())
    let depth = 1 + 0.5 * Double(layer) / Double(max(1, layers))
    let error = scale * shape * depth * (layer == layers - 1 && index == 6 ? 4 : 1)
    module.relativeErrorCalibration = error
    let gap = isRTN ? 1.01 : 1.12 + 0.2 / (1 + 300 * config.dampPercent)
    module.relativeErrorHeldout = error * gap
    module.rtnRelativeErrorCalibration = isRTN ? error : error * 1.8
    module.rtnRelativeErrorHeldout = module.rtnRelativeErrorCalibration * 1.01
    if packer == .autogptqBF16 {
      module.packerChangedCodes = 0.05 + 0.07 * random.uniform()
      module.relativeErrorHeldout += 0.02 * module.packerChangedCodes * shape
    }
    module.hiddenError =
      0.6 * scale * (1 + Double(layer)) + (packer == .exact ? 0 : 0.004 * Double(layer + 1))
    module.sqnrDb = -10 * log10(module.relativeErrorHeldout)
    module.weightRelativeNorm = error.squareRoot() * 1.2
    module.clipRate = 0.001
    module.dampPercentUsed = config.dampPercent
    module.solverPath = isRTN ? .rtn : .direct
    if !isRTN, config.dampPercent == 0, index == 6, layer < 2 {
      module.solverPath = layer == 0 ? .damped : .double
      module.dampPercentUsed = layer == 0 ? 0.01 : 0
      module.deadColumns = 3
    }
    if !isRTN {
      module.expectedLoss = 3 + Double(layer)
      module.loss = module.expectedLoss.map {
        $0 * (0.95 + 0.01 * Double((7 * layer + 3 * index) % 10))
      }
    }
    module.solveSeconds = isRTN ? 0.01 : 0.05
    return module
  }

  private func evaluation(
    _ domain: String, _ index: Int, scale: Double, packer: Packer, _ groupSize: Int,
    _ random: inout SplitMix64
  ) -> Evaluation {
    var evaluation = baseEvaluation(domain)
    let harm = packer == .exact ? 0 : (groupSize == 64 ? 0.088 : 0.053)
    let delta =
      14 * scale * (1 + 0.4 * Double(index)) + harm + (random.uniform() - 0.5) * 0.3 * scale
    let reach = (delta * 0.03).magnitude + 0.00002
    if hasBase {
      evaluation.nllDelta = delta
      evaluation.nllDeltaStderr = reach
      evaluation.kldMean = delta * 1.1
      evaluation.kldStderr = reach * 0.6
      evaluation.kldMedian = delta * 0.4
      evaluation.kldP99 = delta * 12
      evaluation.sameTopP = 1 - min(0.4, 1.1 * delta.squareRoot() * 0.4)
      evaluation.sameTopPStderr = 0.003
      evaluation.deltaPRms = delta.squareRoot() * 0.1
    }
    if hasDivergence { evaluation.divergence = Self.divergence(evaluation) }
    evaluation.nllPerToken += delta
    evaluation.perplexity = exp(evaluation.nllPerToken)
    evaluation.perplexityStderr = evaluation.perplexity * evaluation.nllStderr
    return evaluation
  }

  /// The lines of all tokens, and the mean of three groups of them.
  private static func divergence(_ evaluation: Evaluation) -> DivergenceSummary? {
    let mean = evaluation.kldMean
    let shares = [
      ("kld_max", 40), ("kld_p99_9", 24), ("kld_p99", 12), ("kld_p95", 5), ("kld_p90", 3),
      ("kld_median", 0.4), ("kld_p10", 0.02), ("kld_p1", 0.0001),
    ]
    func line(_ name: String, _ value: Double, _ stderr: Double? = nil) -> String {
      "[\"\(name)\", \(value), \(stderr.map { "\($0)" } ?? "null"), null]"
    }
    let whole =
      [line("kld_mean", mean, evaluation.kldStderr)] + shares.map { line($0.0, mean * $0.1) }
    let groups = [("class", "kanji", 1.3), ("class", "kana", 0.8), ("confidence", "0.9-1.0", 0.2)]
    let parts =
      ["{\"name\": \"\", \"tokens\": 8176, \"lines\": [\(whole.joined(separator: ","))]}"]
      + groups.map { kind, name, share in
        "{\"kind\": \"\(kind)\", \"name\": \"\(name)\", \"tokens\": 2048, \"lines\": ["
          + line("kld_mean", mean * share, mean * share / 30) + "]}"
      }
    return try? JSONDecoder().decode(
      DivergenceSummary.self, from: Data("[\(parts.joined(separator: ","))]".utf8))
  }

  private func baseEvaluation(_ domain: String) -> Evaluation {
    var evaluation = Evaluation(domain: domain)
    evaluation.tokensScored = 8176
    evaluation.nllPerToken = domain == domains.first ? 3.798_94 : 4.312_08
    evaluation.nllStderr = 0.021
    evaluation.perplexity = exp(evaluation.nllPerToken)
    evaluation.perplexityStderr = evaluation.perplexity * evaluation.nllStderr
    evaluation.bitsPerCharacter = 2.6
    evaluation.sameTopP = 1
    return evaluation
  }

  /// A small set: four documents of two sources, two of them alike, three samples.
  private static var calibrationSet: CalibrationSet {
    let documents = [(0, 60, "a"), (0, 300, "b"), (1, 9000, "c"), (1, 60, "a")].map {
      source, tokens, hash in
      DocumentRecord(
        source: source, row: 1, pageID: "1", title: "天秤", sha256: hash, characters: 2 * tokens,
        tokens: tokens, flags: [])
    }
    let samples = [0, 1, 2].map { document in
      CalibrationSample(
        tokenIDs: [1, 2, 3, Int32(4 + document)],
        text: "天秤は重さを量る。Balance 2026 {{" + String(repeating: "漢字かな", count: 300),
        spans: [TokenSpan(document: document, documentStart: 0, start: 0, count: 4)])
    }
    var counts = BuildCounts()
    (counts.read, counts.filtered, counts.duplicates) = (42, 31, 7)
    let sources = ["wiki.jsonl", "news.jsonl"].map {
      SourceRecord(name: $0, sha256: "ef", bytesRead: 9, isWhole: true, badRows: 0)
    }
    return CalibrationSet(
      recipe: CalibrationRecipe(sources: ["wiki.jsonl"], tokenizer: "model"), toolVersion: "0",
      tokenizerHash: "cd", vocabularySize: 64, counts: counts, sources: sources,
      documents: documents, samples: samples)
  }

  private var environment: StudyEnvironment {
    var environment = StudyEnvironment()
    environment.toolVersion = "0.1.0"
    environment.engine = "CPUEngine, OpenBLAS 0.3.21 Haswell, 2 threads"
    environment.machine = "Debian GNU/Linux 12, x86_64"
    environment.model = "demo-model"
    environment.modelHash = String(repeating: "3f9a", count: 16)
    environment.parameters = 12_600_000
    environment.quantizedParameters = 9_437_184
    environment.baseSizeBytes = 25_200_000
    environment.calibration = "calib.sqlite"
    environment.calibrationHash = String(repeating: "b07c", count: 16)
    environment.calibrationSamples = 128
    environment.calibrationTokens = 65_536
    environment.calibrationStatistics = SetStatistics(Self.calibrationSet)
    environment.domains = domains
    environment.context = 512
    environment.heldoutTokens = 8192
    environment.started = "2026-11-23T09:30:00Z"
    environment.wallSeconds = 97.3
    environment.sweepYAML = """
      method: grid
      metric: {name: heldout.perplexity, goal: minimize}
      parameters:
        bits: {values: [4, 8]}
        group_size: {values: [64, 128]}
        damp_percent: {values: [0, 0.005, 0.01, 0.1]}

      """
    return environment
  }
}
