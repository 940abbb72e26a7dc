import Calib
import Codecs
import Model

/// A commented sweep.yaml for a model: which settings are worth a try on its shapes.
public struct SweepTemplate: Sendable {
  /// The model, as sweep.yaml names it.
  public var model: String
  /// The calibration set.
  public var calibration = "calibration.sqlite"
  /// Held-out text, one domain per file, the main one first.
  public var heldout = ["heldout.jsonl"]
  /// The sizes that are tried.
  public var bits = [4, 8]
  /// Evaluation tokens of each domain.
  public var heldoutTokens = 8192
  private let config: ModelConfig

  /// A template for the model `name` of `config`.
  public init(model name: String, _ config: ModelConfig) {
    model = name
    self.config = config
  }

  /// Group sizes that divide the inputs of every linear, the two that are most in use; −1, a row, where
  /// none does.
  public var groupSizes: [Int] {
    let inputs = Set(config.linears.map(\.linear.columns))
    let fitting = [64, 128, 32].filter { size in inputs.allSatisfy { $0 % size == 0 } }
    return fitting.isEmpty ? [-1] : fitting.prefix(2).sorted()
  }

  /// The file, opened by a comment of `lines`.
  public func text(_ lines: [String] = []) -> String {
    let shape =
      "\(config.layers) layers of hidden size \(config.hiddenSize), \(config.linearParameters) weights"
      + " in \(config.linears.count) linears"
    let inputs = Set(config.linears.map(\.linear.columns)).sorted().map(String.init)
    let comment = (["\(model): \(shape)."] + lines).map { "# \($0)\n" }.joined()
    return """
      \(comment)# Run it:  tenbin sweep run THIS_FILE --study study.sqlite   (--dry-run first shows the plan)
      # Every key and its values: docs/sweeps.md. Paths are relative to the folder tenbin runs in.
      method: grid
      metric: {name: \(Self.quoted("\(SourceFile.stem(heldout.first ?? "")).perplexity")), goal: minimize}
      parameters:
        # What is stored: 4 bits is the usual size, 8 bits the near-lossless one.
        bits: {values: \(bits)}
        # Columns that share a scale; these divide the inputs of every linear (\(inputs.joined(separator: ", "))).
        group_size: {values: \(groupSizes)}
        # Damping, a share of the mean diagonal of the Hessian: too little of it is where solves go wrong.
        damp_percent: {values: [0.01, 0.1]}
        # The columns with the largest inputs first.
        desc_act: {value: true}
        # Solved on the base's activations: one pass for all trials; `quantized`, as quantize does, takes longer.
        propagation: {value: shared}
        # How many trials of each size are run again on the activations of the quantized layers before them.
        confirm: {value: 1}
        # Other draws of the calibration text, to see how much chance moves the best of each size.
        calibration_draws: {value: 3}
        model: {value: \(Self.quoted(model))}
        calibration: {value: \(Self.quoted(calibration))}
        # Text that the calibration set does not hold, one domain per file.
        heldout: {value: [\(heldout.map(Self.quoted).joined(separator: ", "))]}
        heldout_tokens: {value: \(heldoutTokens)}
        # The report shows what each model lets follow some prompts, six of tenbin's own without this line.
        # prompts: {value: ["日本の首都は", "The capital of France is"]}

      """
  }

  /// A YAML string that is itself, whatever is in it.
  private static func quoted(_ text: String) -> String { JSONText.string(text) }
}
