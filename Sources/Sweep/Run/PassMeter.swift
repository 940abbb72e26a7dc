import Model
import Results

/// Counts how far a pass has come, in the operations of its estimated work.
public struct PassMeter: Sendable {
  /// Decoder layers of the model.
  public let layers: Int
  /// Layers that all trials have left.
  public private(set) var layersDone = 0
  /// What was done last.
  public private(set) var doing = ""
  private let domains: Int
  private var cost: PassCost?
  private var total = 0.0
  private var done = 0.0
  private var skipped = 0.0
  private var running: [TrialResult] = []
  private var scoredDomains = 0

  /// A meter of passes through `layers`, with scores on `domains` held-out texts at the end.
  public init(layers: Int, domains: Int = 1) {
    self.layers = layers
    self.domains = max(1, domains)
  }

  /// The share of the work that is done.
  public var share: Double { total > 0 ? done / total : 0 }

  /// The share of the work that was done since this run began.
  public var own: Double { total > 0 ? (done - skipped) / total : 0 }

  /// Whether there is work that this run has to do.
  public var hasWork: Bool { total > skipped }

  /// A pass of `cost` begins.
  public mutating func began(_ cost: PassCost) {
    self = PassMeter(layers: layers, domains: domains)
    self.cost = cost
    total = cost.total
  }

  /// The pass goes on with a saved one that had left `layer`; −1 with none.
  public mutating func starting(after layer: Int) {
    guard layer >= 0, let cost else { return }
    // What an earlier run has done, and will not be timed.
    skipped = (total - cost.scoring) * Double(layer + 1) / Double(layers)
    done = skipped
    layersDone = layer + 1
  }

  /// `trials` have left `layer`; those that were stopped need no more work.
  /// - Returns: the numbers of trials that were stopped since the layer before.
  @discardableResult
  public mutating func layerFinished(_ layer: Int, trials: [TrialResult]) -> [Int] {
    let numbers = Set(trials.map(\.number))
    let stopped = running.filter { !numbers.contains($0.number) }
    if let cost {
      for trial in stopped {
        // It ran until the layer before this one.
        for missed in layersDone..<max(layersDone, layers) {
          total -= cost.operations(of: trial, layer: missed)
        }
      }
    }
    layersDone = layer + 1
    running = trials
    return stopped.map(\.number)
  }

  /// The tokens of one model have moved through a stage of `layer`.
  public mutating func advanced(_ who: PassMember, layer: Int, stage: Stage) {
    guard let cost else { return }
    done += cost.operations(of: who, stage)
    let name =
      switch who {
      case .base: "base"
      case .trial(let trial): "#\(trial.number) \(trial.config.label)"
      }
    doing = "layer \(layer + 1)/\(layers)  \(name)"
  }

  /// A domain is scored.
  public mutating func scored(domain: String) {
    scoredDomains += 1
    let left = Double(max(0, domains - scoredDomains)) / Double(domains)
    done = max(done, total - (cost?.scoring ?? 0) * left)
    doing = "scored \(domain)"
  }
}
