import Analysis
import Basics
import Model
import Results

/// Who watches a pass: the progress bar, the study, the writer of a checkpoint. A pass has a list of
/// them, and tells each in the list's order.
public protocol PassObserver {
  /// Another pass of several follows.
  func titled(_ title: PassTitle)
  /// The pass begins; `cost` is its estimated work.
  func began(_ cost: PassCost)
  /// The first layer comes; `layer` is the last one of a saved pass that is gone on with, or −1.
  func starting(after layer: Int) throws(InputError)
  /// What a trial's way through a stage took.
  func spent(_ seconds: StageSeconds, by trial: Int, layer: Int, stage: Stage)
  /// One model's tokens have moved through a stage.
  func advanced(_ who: PassMember, layer: Int, stage: Stage)
  /// A trial's linears of one stage are quantized, and carried no further than this call.
  func solved(_ trial: Int, layer: Int, modules: [SolvedModule]) throws(InputError)
  /// All tokens have left a layer, and these are the spectra of what its linears have read, none where none
  /// were asked for. `layerFinished` follows.
  func measured(_ spectra: [StudySpectrum], layer: Int) throws(InputError)
  /// All tokens have left a layer; `trials` are those still running, with the hidden errors so far.
  /// Returns the numbers of trials to stop now (state `pruned`).
  func layerFinished(_ layer: Int, trials: [TrialResult]) throws(InputError) -> Set<Int>
  /// A trial's lm_head is quantized, after its last layer.
  func solvedHead(_ trial: Int, _ head: SolvedHead) throws(InputError)
  /// The pass is about to save itself; an observer that must be able to go on saves itself too.
  func saving(after layer: Int) throws(InputError)
  /// The pass has saved itself.
  func saved(after layer: Int)
  /// A domain is scored with one trial: its sums, window by window.
  func measured(_ trial: Int, domain: String, scores: WindowScores)
  /// A domain is scored.
  func scored(domain: String)
}

extension PassObserver {
  /// Takes no notice.
  public func spent(_ seconds: StageSeconds, by trial: Int, layer: Int, stage: Stage) {}
  /// Takes no notice.
  public func titled(_ title: PassTitle) {}
  /// Takes no notice.
  public func began(_ cost: PassCost) {}
  /// Takes no notice.
  public func starting(after layer: Int) throws(InputError) {}
  /// Takes no notice.
  public func advanced(_ who: PassMember, layer: Int, stage: Stage) {}
  /// Takes no notice.
  public func solved(_ trial: Int, layer: Int, modules: [SolvedModule]) throws(InputError) {}
  /// Takes no notice.
  public func measured(_ spectra: [StudySpectrum], layer: Int) throws(InputError) {}
  /// Stops no trial.
  public func layerFinished(
    _ layer: Int, trials: [TrialResult]
  ) throws(InputError) -> Set<Int> { [] }
  /// Takes no notice.
  public func solvedHead(_ trial: Int, _ head: SolvedHead) throws(InputError) {}
  /// Takes no notice.
  public func saving(after layer: Int) throws(InputError) {}
  /// Takes no notice.
  public func saved(after layer: Int) {}
  /// Takes no notice.
  public func measured(_ trial: Int, domain: String, scores: WindowScores) {}
  /// Takes no notice.
  public func scored(domain: String) {}
}

/// What a pass is for, among the passes of a sweep.
public struct PassTitle: Sendable, Equatable {
  /// Which one, from 1.
  public let number: Int
  /// How many there are at most.
  public let count: Int
  /// What it is for, such as `repeats on other calibration draws`.
  public let what: String
}

/// Whose tokens moved.
public enum PassMember: Sendable {
  case base
  case trial(TrialResult)
}
