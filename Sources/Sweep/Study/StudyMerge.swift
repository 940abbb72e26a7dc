import Analysis
import Basics
import Foundation
import Results

/// Studies of parts of a sweep, joined into the study of the whole.
public enum StudyMerge {
  /// Joins studies of the same model, calibration and text. A trial that several have is taken once,
  /// complete before not; numbers are kept where they do not clash.
  public static func merged(
    _ studies: [(name: String, results: StudyResults)]
  ) throws(InputError) -> StudyResults {
    guard var whole = studies.first?.results else {
      throw InputError(
        .usage, asked: "merge studies", found: "no study", hint: "name at least one study to merge")
    }
    for (name, other) in studies.dropFirst() {
      do {
        try other.environment.check(against: whole.environment)
      } catch {
        throw InputError(
          .usage, asked: "merge \(name) with \(studies[0].name)", found: error.found,
          hint: "studies are joined if they saw the same model, calibration and held-out text")
      }
      if whole.base.isEmpty { whole.base = other.base }
      if whole.baseNextTokens.isEmpty {
        whole.baseNextTokens = other.baseNextTokens
        whole.environment.prompts = other.environment.prompts
      }
      whole.environment.wallSeconds += other.environment.wallSeconds
      whole.environment.started = min(whole.environment.started, other.environment.started)
      for (summary, mine) in [
        (other.environment.engine, \StudyEnvironment.engine),
        (other.environment.machine, \.machine), (other.environment.toolVersion, \.toolVersion),
      ] where !whole.environment[keyPath: mine].contains(summary) {
        whole.environment[keyPath: mine] += "; \(summary)"
      }
      for draw in other.draws {
        if let known = whole.draws.first(where: { $0.draw == draw.draw }) {
          guard known == draw else {
            throw InputError(
              .usage, asked: "merge \(name) with \(studies[0].name)",
              found: "another calibration draw \(draw.draw)",
              hint: "merge before the repeats are run: they follow from all trials")
          }
        } else {
          whole.draws.append(draw)
        }
      }
    }
    whole.draws.sort { $0.draw < $1.draw }
    whole.trials = trials(studies.map(\.results.trials))
    whole.spectra = spectra(studies.map(\.results), numbers: numbers(of: whole.trials))
    whole.times = times(studies.map(\.results), numbers: numbers(of: whole.trials))
    return whole
  }

  private static func trials(_ parts: [[TrialResult]]) -> [TrialResult] {
    // Across parts a companion is known by its settings: its number may change.
    var companions: [TrialIdentity: TrialIdentity] = [:]
    var found: [TrialIdentity: TrialResult] = [:]
    var order: [TrialIdentity] = []
    for part in parts {
      for trial in part.sorted(by: { $0.number < $1.number }) {
        let identity = trial.identity
        if trial.companion != nil {
          companions[identity] = TrialIdentity(config: trial.config.companion, draw: 0)
        }
        guard let known = found[identity] else {
          found[identity] = trial
          order.append(identity)
          continue
        }
        if known.state == .running, trial.state != .running { found[identity] = trial }
      }
    }
    var taken = Set<Int>()
    var free = (order.compactMap { found[$0]?.number }.max() ?? -1) + 1
    for identity in order {
      guard let number = found[identity]?.number, !taken.insert(number).inserted else { continue }
      found[identity]?.number = free
      taken.insert(free)
      free += 1
    }
    for identity in order {
      let companion = companions[identity].flatMap { found[$0]?.number }
      found[identity]?.companion = companion
    }
    return order.compactMap { found[$0] }.sorted { $0.number < $1.number }
  }

  private static func numbers(of trials: [TrialResult]) -> [TrialIdentity: Int] {
    Dictionary(trials.map { ($0.identity, $0.number) }, uniquingKeysWith: { first, _ in first })
  }

  /// The spectra of the whole: of what several parts have, those of the base's inputs, else those of the
  /// trial with the lowest of `numbers`, which the whole gives it.
  private static func spectra(
    _ parts: [StudyResults], numbers: [TrialIdentity: Int]
  ) -> [StudySpectrum] {
    struct Place: Hashable {
      var draw: Int
      var layer: Int
      var modules: [String]
    }
    var best: [Place: StudySpectrum] = [:]
    var order: [Place] = []
    for part in parts {
      for var one in part.spectra {
        one.trial = one.trial.flatMap { part.trial($0) }.flatMap { numbers[$0.identity] }
        let place = Place(draw: one.draw, layer: one.layer, modules: one.modules)
        guard let known = best[place] else {
          best[place] = one
          order.append(place)
          continue
        }
        // Of one Hessian each part knows the share below its own damps.
        let isSame = one.trial == known.trial && one.spectrum.quantiles == known.spectrum.quantiles
        if isSame {
          best[place]?.spectrum.add(one.spectrum.shares)
        } else if (one.trial ?? -1) < (known.trial ?? -1) {
          best[place] = one
        }
      }
    }
    return order.compactMap { best[$0] }
  }

  /// The steps of all parts, attempts numbered through, trials by their numbers in the whole.
  private static func times(
    _ parts: [StudyResults], numbers: [TrialIdentity: Int]
  ) -> [TimedStep] {
    var attempts = 0
    return parts.flatMap { part -> [TimedStep] in
      let own = Dictionary(
        part.trials.map { ($0.number, $0.identity) }, uniquingKeysWith: { first, _ in first })
      let before = attempts
      attempts += part.times.map(\.attempt).max() ?? 0
      return part.times.compactMap { step in
        var step = step
        step.attempt += before
        guard step.kind == .trial else { return step }
        guard let number = own[step.number].flatMap({ numbers[$0] }) else { return nil }
        step.number = number
        return step
      }
    }
  }

  /// Writes `results` as a study at `url`, whole or not at all; with `replacing` in the place of one
  /// that is there and that nobody writes.
  public static func write(
    _ results: StudyResults, to url: URL, replacing: Bool = false
  ) throws(InputError) {
    guard replacing || OutputPlace(url.path).occupant == .nothing else {
      throw InputError(
        .usage, asked: "write the merged study \(url.path)", found: "it exists",
        hint: "give the name of a new file")
    }
    let lock = try Study.lock(url)
    try AtomicOutput.replace(url) { partial in
      let study = try Study(partial)
      try study.save(
        results.trials, base: results.base, baseNextTokens: results.baseNextTokens,
        draws: results.draws, environment: results.environment)
      try study.save(results.spectra)
      try study.save(results.times)
      try study.finish()
    }
    withExtendedLifetime(lock) {}
  }
}
