import Analysis
import Basics
import Foundation
import GPTQ
import Model
import Results

/// Puts the outcomes of the runs together into a diagnosis.
struct DiagnosisAssembly {
  let run: DiagnosisRun
  let suspect: SideModels
  let baseline: SideModels
  let base: [Evaluation]
  let outcomes: [DiagnosisPass.Outcome]
  let walk: Attribution
  let spectrum: InputSpectrum

  func diagnosis(probing: Probing) -> Diagnosis {
    let (nll, kld) = (difference(.nll), difference(.kld))
    let ranking = CauseRanking(
      nll: nll, kld: kld,
      divergences: (
        outcomes[suspect.judged].result.evaluations.first?.kldMean ?? 0,
        outcomes[baseline.judged].result.evaluations.first?.kldMean ?? 0
      ))
    var diagnosis = Diagnosis(
      suspect: side(suspect), baseline: side(baseline), ranking: ranking, nll: nll, kld: kld)
    if ranking.verdict == .identical, let mine = suspect.source.folder,
      let theirs = baseline.source.folder
    {
      diagnosis.unequalFiles = CheckpointFolders.unequal(mine, theirs)
      if !diagnosis.unequalFiles.isEmpty { diagnosis.verdict = .sameScores }
    }
    let settings = walk.contributions(outcomes)
    let stored = storedParts(ranking.metric)
    diagnosis.factors = settings + stored.map(\.contribution)
    let causes = walk.causes(settings, outcomes, metric: ranking.metric) + stored.map(\.cause)
    diagnosis.causes = ranking.rank(causes, difference: diagnosis.difference.value)
    diagnosis.interactions = walk.interactions(outcomes).filter {
      $0.value(ranking.metric).isBeyondNoise(floor: ranking.floor)
    }.sorted { abs($0.value(ranking.metric).value) > abs($1.value(ranking.metric).value) }
    diagnosis.isExact = walk.game.isExact
    diagnosis.model = HubSnapshot.name(of: run.inputs.modelDirectory)
    diagnosis.domains = run.inputs.domains.map(\.name)
    diagnosis.tokensScored = outcomes[suspect.main].result.evaluations.first?.tokensScored ?? 0
    diagnosis.draws = run.options.draws
    diagnosis.modules = modules()
    diagnosis.audit = suspect.audit?.findings ?? []
    diagnosis.hypotheses = HypothesisRules.judge(
      evidence(nll, ranking, diagnosis.causes, probing.findings(outcomes, ranking.metric)))
    return diagnosis
  }

  /// suspect − baseline. A stored checkpoint is one draw of what its settings give: how far another
  /// one would lie, its settings carried out here say.
  private func difference(_ metric: DiagnosisMetric) -> Estimate {
    let draws = (0..<run.options.draws).map { draw in
      contrast([(suspect.remade(draw), 1), (baseline.remade(draw), -1)], metric)
    }
    let isDrawn = suspect.isDrawn || baseline.isDrawn
    guard suspect.source.isCheckpoint || baseline.source.isCheckpoint else {
      return isDrawn ? Estimate(draws: draws) : Estimate(draws[0])
    }
    let main = contrast([(suspect.judged, 1), (baseline.judged, -1)], metric)
    // Linears that are the same on both sides are one draw.
    let linears = contrast([(suspect.main, 1), (baseline.main, -1)], metric)
    guard isDrawn, linears.value != 0 || linears.stderr > 0 else { return Estimate(main) }
    guard draws.count > 1 else { return Estimate(main, assumedSpread: assumedSpread) }
    return Estimate(
      value: main.value, stderr: main.stderr, freedom: main.freedom, draws: draws.map(\.value))
  }

  /// How far another draw would lie, as a standard error, where a single one was made: half of what each
  /// side's settings cost here in KL divergence. Draws of the same settings differ by a fraction of that,
  /// so that only a difference beyond all of it is one of the files.
  private var assumedSpread: Double {
    [suspect, baseline].filter(\.isDrawn).map { side in
      (outcomes[side.remade(0)].result.evaluations.first?.kldMean ?? .infinity) / 2
    }.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  private func contrast(
    _ terms: [(trial: DiagnosisPass.TrialID, coefficient: Double)], _ metric: DiagnosisMetric
  ) -> LinearContrast {
    LinearContrast(
      terms.compactMap { term in
        outcomes[term.trial].scores.first.map { (term.coefficient, $0) }
      }, metric)
  }

  /// What stored checkpoints hold beyond their settings: overflowed codes, and whatever else
  /// differs from a quantization made here.
  private func storedParts(
    _ metric: DiagnosisMetric
  ) -> [(contribution: FactorContribution, cause: Cause)] {
    guard suspect.source.isCheckpoint || baseline.source.isCheckpoint else { return [] }
    var parts: [(FactorContribution, Cause)] = []
    func add(
      _ key: String, _ kind: CauseKind, _ values: (String, String),
      _ terms: (Int) -> [(trial: DiagnosisPass.TrialID, coefficient: Double)]
    ) {
      func estimate(_ metric: DiagnosisMetric) -> Estimate {
        let draws = (0..<run.options.draws).map { contrast(terms($0), metric) }
        let isDrawn = kind == .making && (suspect.isDrawn || baseline.isDrawn)
        guard isDrawn else { return Estimate(draws[0]) }
        return draws.count > 1
          ? Estimate(draws: draws) : Estimate(draws[0], assumedSpread: assumedSpread)
      }
      let (nll, kld) = (estimate(.nll), estimate(.kld))
      parts.append(
        (
          FactorContribution(
            key: key, cause: kind, suspect: values.0, baseline: values.1, nll: nll, kld: kld,
            alone: (nll.value, kld.value), reverted: (nll.value, kld.value)),
          Cause(
            kind: kind, factors: [key], nll: nll, kld: kld, reverted: (nll.value, kld.value))
        ))
    }
    for part in FolderPart.allCases {
      let mine = suspect.steps.first { $0.part == part }
      let theirs = baseline.steps.first { $0.part == part }
      guard mine != nil || theirs != nil else { continue }
      let values = [mine, theirs].map { $0 == nil ? "the base's" : "its own" }
      add(part.rawValue, part.cause, (values[0], values[1])) { _ in
        var terms: [(trial: DiagnosisPass.TrialID, coefficient: Double)] = []
        if let mine { terms += [(mine.before, 1), (mine.after, -1)] }
        if let theirs { terms += [(theirs.before, -1), (theirs.after, 1)] }
        return terms
      }
    }
    if suspect.isRepaired || baseline.isRepaired {
      add(
        "stored_codes", .packing,
        (suspect.isRepaired ? "overflowed" : "sound", baseline.isRepaired ? "overflowed" : "sound")
      ) { _ in
        [
          (suspect.main, 1), (suspect.sound, -1), (baseline.main, -1), (baseline.sound, 1),
        ]
      }
    }
    add(
      "stored_weights", .making,
      (
        suspect.source.isCheckpoint ? "as stored" : "made here",
        baseline.source.isCheckpoint ? "as stored" : "made here"
      )
    ) { draw in
      // A side that is made here is its own remake: its terms cancel.
      [
        (suspect.source.isCheckpoint ? suspect.sound : suspect.remade(draw), 1),
        (suspect.remade(draw), -1),
        (baseline.source.isCheckpoint ? baseline.sound : baseline.remade(draw), -1),
        (baseline.remade(draw), 1),
      ]
    }
    return parts
  }

  private func side(_ models: SideModels) -> DiagnosisSide {
    var side = DiagnosisSide(
      name: models.source.name, isCheckpoint: models.source.isCheckpoint,
      settings: DiagnosisFactor.all.map { .init($0.key, $0.value(models.source.recipe)) })
    let rtn = outcomes[models.rtn].result
    side.evaluations = outcomes[models.judged].result.evaluations.map { mine in
      DiagnosisScore(
        mine, base: base.first { $0.domain == mine.domain }, rtn: rtn.evaluation(on: mine.domain))
    }
    return side
  }

  private func modules() -> [ModuleDifference] {
    let mine = measures(suspect)
    let theirs = measures(baseline)
    return run.inputs.decoder.config.linears.map { layer, linear in
      let key = ModuleKey(layer: layer, module: linear.name.rawValue)
      var difference = ModuleDifference(
        layer: layer, module: linear.name.rawValue, suspect: mine[key] ?? ModuleMeasure(),
        baseline: theirs[key] ?? ModuleMeasure())
      difference.conditionNumber = spectrum.condition(layer: layer, linear.name)?.number
      return difference
    }
  }

  private struct ModuleKey: Hashable {
    var layer: Int
    var module: String
  }

  private func measures(_ models: SideModels) -> [ModuleKey: ModuleMeasure] {
    var rtn: [ModuleKey: ModuleResult] = [:]
    for module in outcomes[models.rtn].result.modules {
      rtn[ModuleKey(layer: module.layer, module: module.module)] = module
    }
    let model = run.inputs.decoder.config.description
    var wrapped: [String: Double] = [:]
    for module in models.audit?.modules ?? [] {
      let count = Double(module.shape.reduce(1, *))
      wrapped[module.name] = Double(module.wrappedCodes ?? 0) / max(count, 1)
    }
    var measures: [ModuleKey: ModuleMeasure] = [:]
    guard !models.isRecast else { return measures }
    for module in outcomes[models.main].result.modules {
      let key = ModuleKey(layer: module.layer, module: module.module)
      var measure = ModuleMeasure()
      measure.relativeErrorCalibration = module.relativeErrorCalibration
      measure.relativeErrorHeldout = module.relativeErrorHeldout
      measure.rtnRelativeErrorCalibration = rtn[key]?.relativeErrorCalibration ?? .nan
      measure.rtnRelativeErrorHeldout = rtn[key]?.relativeErrorHeldout ?? .nan
      measure.weightRelativeNorm = module.weightRelativeNorm
      measure.clipRate = module.clipRate
      measure.packerChangedCodes =
        models.source.isCheckpoint
        ? wrapped[model.names.layer(module.layer, module.module)] ?? 0
        : module.packerChangedCodes
      measure.dampPercentUsed = module.dampPercentUsed
      measure.solverPath = models.source.isCheckpoint ? "stored" : module.solverPath.rawValue
      measure.solveSeconds = module.solveSeconds
      measures[key] = measure
    }
    return measures
  }
}

extension DiagnosisAssembly {
  private func evidence(
    _ nll: Estimate, _ ranking: CauseRanking, _ causes: [Cause],
    _ probes: HypothesisEvidence.Probes
  ) -> HypothesisEvidence {
    var evidence = HypothesisEvidence(difference: nll, ranking: ranking, causes: causes)
    evidence.suspect = summary(suspect)
    evidence.baseline = summary(baseline)
    evidence.probes = probes
    if suspect.isRepaired {
      evidence.probes.exactPacker = Estimate(
        contrast([(suspect.main, 1), (suspect.sound, -1)], ranking.metric))
    }
    let conditions = spectrum.conditionNumbers
    evidence.conditionMedian = conditions.isEmpty ? nil : conditions[conditions.count / 2]
    evidence.conditionLargest = conditions.last
    evidence.largestActivation = spectrum.largestInput
    evidence.domains = run.inputs.domains.count
    if let folder = suspect.source.folder {
      evidence.folders = CheckpointFolders.compare(
        suspect: folder, baseline: baseline.source.folder, model: run.inputs.modelDirectory,
        audit: suspect.audit)
    }
    return evidence
  }

  /// The lower end of the 95 % interval of KL divergence over round-to-nearest's, on one domain: both
  /// were scored on the same windows, on which they rise together.
  private static func lowerEnd(_ mine: Evaluation, _ theirs: Evaluation) -> Double? {
    guard let own = mine.windows, let nearest = theirs.windows, theirs.kldMean > 0 else {
      return nil
    }
    let ratio = mine.kldMean / theirs.kldMean
    let rest = LinearContrast([(1, own), (-ratio, nearest)], .kld)
    let reach = Scatter(stderr: rest.stderr, freedom: rest.freedom).reach() / theirs.kldMean
    return reach.isFinite ? ratio - reach : nil
  }

  private func summary(_ models: SideModels) -> HypothesisEvidence.Side {
    var side = HypothesisEvidence.Side()
    let measures = modules().map { models.role == .suspect ? $0.suspect : $0.baseline }
    let rtn = outcomes[models.rtn].result.modules
    let made = outcomes[models.remade(0)].result.modules
    side.modules = measures.count
    side.changedModules = measures.count { $0.packerChangedCodes > 0 }
    side.changedCodes =
      measures.reduce(0) { $0 + $1.packerChangedCodes } / Double(max(measures.count, 1))
    // What a packer did to a module says nothing about its solve.
    let solved = zip(measures, rtn).filter { $0.0.packerChangedCodes == 0 }
    side.modulesWorseThanRTN = solved.count {
      $0.0.relativeErrorHeldout > 1.05 * $0.0.rtnRelativeErrorHeldout
    }
    side.explodedModules = solved.count {
      $0.0.weightRelativeNorm > 3 * $0.1.weightRelativeNorm
    }
    side.failedModules = made.count { $0.solverPath == .failed }
    side.clipRate = measures.reduce(0) { $0 + $1.clipRate } / Double(max(measures.count, 1))
    let damps = made.map(\.dampPercentUsed).sorted()
    side.dampUsed = damps.isEmpty ? 0 : damps[damps.count / 2]
    let gaps = measures.compactMap { measure -> Double? in
      let own = measure.relativeErrorHeldout / measure.relativeErrorCalibration
      let rtn = measure.rtnRelativeErrorHeldout / measure.rtnRelativeErrorCalibration
      let gap = log(own / rtn)
      return gap.isFinite ? gap : nil
    }
    if !gaps.isEmpty { side.overfitting = exp(gaps.reduce(0, +) / Double(gaps.count)) }
    let nearest = outcomes[models.rtn].result
    for (index, mine) in outcomes[models.judged].result.evaluations.enumerated() {
      guard let theirs = nearest.evaluation(on: mine.domain), theirs.kldMean > 0 else { continue }
      let ratio = mine.kldMean / theirs.kldMean
      if index == 0 {
        side.mainOverRTN = ratio
      } else if ratio > side.worstOverRTN ?? -1 {
        side.worstOverRTN = ratio
        side.worstOverRTNLow = Self.lowerEnd(mine, theirs)
        side.worstDomain = mine.domain
      }
    }
    return side
  }
}
