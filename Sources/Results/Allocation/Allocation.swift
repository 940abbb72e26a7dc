import Model

/// Bits put where they matter: the options that a study has of each part of a model, what each costs,
/// and the mixed models made of them.
public struct Allocation: Sendable, Codable, Equatable {
  /// An option: a uniform trial of the study.
  public struct Option: Sendable, Codable, Equatable {
    /// The trial whose settings and module errors it has.
    public var trial: Int
    /// Bits per weight of a model that has it everywhere.
    public var bitsPerWeight: Double
    /// Bytes of the checkpoint of such a model.
    public var sizeBytes: Int
    /// The sum of the damages of all parts, nats per token, before it is held against `measured`.
    public var damage: Double
    /// The KL divergence of the uniform model, nats per token; nil where it was not measured.
    public var measured: Double?

    /// The option that `trial` is.
    public init(
      trial: Int, bitsPerWeight: Double, sizeBytes: Int, damage: Double, measured: Double?
    ) {
      self.trial = trial
      self.bitsPerWeight = bitsPerWeight
      self.sizeBytes = sizeBytes
      self.damage = damage
      self.measured = measured
    }
  }

  /// A part of the model whose linears take one option together.
  public struct Part: Sendable, Codable, Equatable {
    /// The decoder layer, from 0.
    public var layer: Int
    /// What it is called inside the layer: `self_attn.q_proj k_proj v_proj`.
    public var name: String
    /// The linears, by their names inside the layer.
    public var linears: [LinearName]
    /// Weights in them.
    public var weights: Int
    /// ΔKL per relative error of its outputs, nats per token.
    public var sensitivity: Double
    /// Its standard error over the held-out windows; nil where it was measured on a single window,
    /// or not in this part but interpolated between layers.
    public var sensitivityStderr: Double?
    /// Bits that each option takes, in the order of the options.
    public var sizes: [Int]
    /// Nats per token that each costs.
    public var damages: [Double]

    /// A part whose options take `sizes` bits and cost `damages`.
    public init(
      layer: Int, name: String, linears: [LinearName], weights: Int, sensitivity: Double,
      sensitivityStderr: Double?, sizes: [Int], damages: [Double]
    ) {
      self.layer = layer
      self.name = name
      self.linears = linears
      self.weights = weights
      self.sensitivity = sensitivity
      self.sensitivityStderr = sensitivityStderr
      self.sizes = sizes
      self.damages = damages
    }
  }

  /// A mixed model.
  public struct Mix: Sendable, Codable, Equatable {
    /// Bits per weight it was allowed.
    public var budget: Double
    /// The option of each part.
    public var choices: [Int]
    /// The trial that measures it; nil until one does.
    public var trial: Int?
    /// Bits per weight that it takes.
    public var bitsPerWeight: Double
    /// Bytes of its checkpoint.
    public var sizeBytes: Int
    /// Predicted KL divergence, nats per token.
    public var predicted: Double
    /// The measured one lies between these in 95 of 100 cases; nil where too little is known.
    public var low: Double?
    /// The upper end.
    public var high: Double?
    /// No choice within the budget is predicted to have less.
    public var bound: Double
    /// What the assembled model shows, nats per token; nil until it is run.
    public var measured: Double?

    /// A mixed model that has not been run.
    public init(
      budget: Double, choices: [Int], bitsPerWeight: Double, sizeBytes: Int, predicted: Double,
      low: Double?, high: Double?, bound: Double
    ) {
      self.budget = budget
      self.choices = choices
      self.bitsPerWeight = bitsPerWeight
      self.sizeBytes = sizeBytes
      self.predicted = predicted
      self.low = low
      self.high = high
      self.bound = bound
    }
  }

  /// The options, the smallest first.
  public var options: [Option]
  /// The parts, layer by layer.
  public var parts: [Part]
  /// The mixed models, by budget.
  public var mixes: [Mix]
  /// Weights of all the model's linears, those that no part has as well.
  public var weights: Int

  /// An allocation.
  public init(options: [Option], parts: [Part], weights: Int, mixes: [Mix] = []) {
    self.weights = weights
    self.options = options
    self.parts = parts
    self.mixes = mixes
  }

  /// What the next megabyte of a part takes off a mixed model: nats per token and MB (10⁶ bytes), by
  /// the option that takes off the most a byte; 0 where none takes off anything.
  public func marginal(part index: Int, in mix: Mix) -> Double {
    let (part, now) = (parts[index], mix.choices[index])
    return part.sizes.indices.reduce(0) { best, option in
      let bytes = Double(part.sizes[option] - part.sizes[now]) / 8
      guard bytes > 0 else { return best }
      return max(best, (part.damages[now] - part.damages[option]) / bytes * 1e6)
    }
  }
}
