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
  public var known: Set<Place>

  /// A plan of everything but what is `known`.
  public init(known: Set<Place> = []) { self.known = known }

  /// A plan of what `spectra` lack.
  public init(lacking spectra: [StudySpectrum]) {
    self.init(known: Set(spectra.map { Place(draw: $0.draw, layer: $0.layer) }))
  }

  /// Experts of one stage that are decomposed, spread evenly over all: there may be hundreds, and each is
  /// as wide as a dense layer.
  public static let expertsPerStage = 4
}

/// The spectra of a pass's Hessians as it goes: each Hessian is decomposed once, for the first trial that
/// gathers it. Where trials share the base's activations, theirs come before those of a trial's own.
struct PassSpectra {
  private let plan: SpectrumPlan
  private let damps: [Double]
  /// What is decomposed of the layer under way.
  private var seen: Set<Key> = []
  private var found: [StudySpectrum] = []

  private struct Key: Hashable {
    var stream: Int
    var linear: LinearName
  }

  /// More damps than these have no share of their own.
  private static let mostDamps = 64

  /// Follows `plan`; spectra know the shares below the damps of `trials`.
  init(_ plan: SpectrumPlan, trials: [PassTrial]) {
    self.plan = plan
    let tried = trials.map(\.result.config.quantize).filter { $0.algorithm != .rtn }
      .map(\.dampPercent)
    let damps = Set(tried)
    self.damps = damps.count > Self.mostDamps ? [] : damps.sorted()
  }

  /// Decomposes what is not yet of the Hessians of the groups `places` of `stage`; returns the seconds
  /// that took.
  /// - Parameter trial: whose inputs they are of; nil: the base's.
  mutating func take(
    _ evidence: [GroupEvidence], of stage: Stage, groups places: Range<Int>, layer: Int,
    stream: Int, trial: Int?, engine: any Engine
  ) -> Double {
    guard !plan.known.contains(.init(draw: stream, layer: layer)) else { return 0 }
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
          spectrum: HessianSpectrum(one.hessian, damps: damps, engine: engine)))
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
