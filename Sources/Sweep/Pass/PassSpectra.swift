import Analysis
import Compute
import Foundation
import GPTQ
import Model
import Results

/// Which Hessians of a pass are decomposed: those of every layer and calibration draw that a study does not
/// know yet.
public struct SpectrumPlan: Sendable {
  /// A layer on one calibration draw.
  public struct Place: Hashable, Sendable {
    /// The draw, which is the stream of a pass.
    public var draw: Int
    /// The decoder layer, from 0.
    public var layer: Int

    /// `layer` on `draw`.
    public init(draw: Int, layer: Int) { (self.draw, self.layer) = (draw, layer) }
  }

  /// What needs no spectrum any more.
  public private(set) var known: Set<Place> = []
  /// What has one of the base's inputs, which no trial's own take the place of.
  private(set) var ofBase: Set<Place> = []
  /// The damps that all spectra are to know the share below.
  let damps: [Double]

  /// More damps than these have no share of their own.
  private static let mostDamps = 64

  /// A plan of what `spectra` lack where `trials` are run: layers without any, and those of the base's
  /// inputs that do not say what lies below one of their damps.
  public init(lacking spectra: [StudySpectrum] = [], for trials: [TrialConfig]) {
    let tried = Set(trials.map(\.quantize).filter { $0.algorithm != .rtn }.map(\.dampPercent))
      .subtracting(HessianSpectrum.damps).filter { $0 > 0 }
    let stored = Set(spectra.flatMap { $0.spectrum.shares.map(\.damp) })
      .subtracting(HessianSpectrum.damps)
    let all = stored.union(tried)
    damps = (all.count > Self.mostDamps ? stored : all).sorted()
    for (place, there) in Dictionary(
      grouping: spectra, by: { Place(draw: $0.draw, layer: $0.layer) })
    {
      if there.allSatisfy({ $0.trial == nil }) { ofBase.insert(place) }
      let isWhole = there.allSatisfy { one in
        one.trial != nil || one.spectrum.method == .none
          || damps.allSatisfy { one.spectrum.share(below: $0) != nil }
      }
      if isWhole { known.insert(place) }
    }
  }

  /// Experts of one stage that are decomposed, spread evenly over all: there may be hundreds, and each is
  /// as wide as a dense layer.
  public static let expertsPerStage = 4
}

/// The spectra of a pass's Hessians as it goes: each Hessian is decomposed once, for the first trial that
/// gathers it. Where trials share the base's activations, theirs come before those of a trial's own.
struct PassSpectra {
  private let plan: SpectrumPlan
  /// What is decomposed of the layer under way.
  private var seen: Set<Key> = []
  private var found: [StudySpectrum] = []

  private struct Key: Hashable {
    var stream: Int
    var linear: LinearName
  }

  /// Follows `plan`.
  init(_ plan: SpectrumPlan) { self.plan = plan }

  /// Decomposes what is not yet of the Hessians of the groups `places` of `stage`; returns the seconds
  /// that took.
  /// - Parameter trial: whose inputs they are of; nil: the base's.
  mutating func take(
    _ evidence: [GroupEvidence], of stage: Stage, groups places: Range<Int>, layer: Int,
    stream: Int, trial: Int?, engine: any Engine
  ) -> Double {
    let whose = SpectrumPlan.Place(draw: stream, layer: layer)
    guard !plan.known.contains(whose), trial == nil || !plan.ofBase.contains(whose) else {
      return 0
    }
    let began = ContinuousClock.now
    let sampled = Self.sampled(stage)
    for (place, one) in zip(places, evidence) where one.tokens > 0 && sampled.contains(place) {
      let linears = stage.groups[place].linears
      let key = Key(stream: stream, linear: linears[0].name)
      guard seen.insert(key).inserted else { continue }
      found.append(
        StudySpectrum(
          draw: stream, layer: layer, modules: linears.map(\.name.rawValue), trial: trial,
          tokens: one.tokens,
          spectrum: HessianSpectrum(one.hessian, damps: plan.damps, engine: engine)))
    }
    return began.duration(to: .now).seconds
  }

  /// The spectra of the layer, whose end it is: by draw, and in the order in which tokens meet them.
  mutating func finishLayer() -> [StudySpectrum] {
    let finished = found
    (found, seen) = ([], [])
    let draws = Set(finished.map(\.draw)).sorted()
    return draws.flatMap { draw in finished.filter { $0.draw == draw } }
  }

  /// The groups of `stage` that are decomposed: all but experts beyond `expertsPerStage`.
  private static func sampled(_ stage: Stage) -> Set<Int> {
    let experts = stage.groups.indices.filter { stage.groups[$0].expert != nil }
    let others = stage.groups.indices.filter { stage.groups[$0].expert == nil }
    let most = SpectrumPlan.expertsPerStage
    guard experts.count > most else { return Set(stage.groups.indices) }
    return Set(others + (0..<most).map { experts[$0 * experts.count / most] })
  }
}
