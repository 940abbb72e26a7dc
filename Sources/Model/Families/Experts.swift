import Basics
import Compute

/// The experts of an MLP: how many, how wide, and what sends tokens to them.
struct Experts: Sendable {
  /// What keys stand for where config.json does not have them.
  struct Defaults: Sendable {
    var count: Int
    var perToken: Int
  }

  /// What an expert's linears are called.
  struct Names: Sendable {
    var parent = "mlp.experts"
    var (gate, up, down) = ("gate_proj", "up_proj", "down_proj")
  }

  let count: Int
  let perToken: Int
  /// The width of one expert, between its two halves.
  let width: Int

  /// Reads `num_experts`, or `num_local_experts`, and `num_experts_per_tok`.
  init(
    _ reader: ConfigReader, _ sizes: ModelSizes, width: Int, defaults: Defaults
  ) throws(InputError) {
    let allowed = 1...1024
    let count = try reader.size("num_experts", in: allowed, default: defaults.count)
    self.count = try reader.size(
      "num_local_experts", in: allowed,
      default: reader.isUnset("num_experts") ? defaults.count : count)
    guard reader.isUnset("num_experts") || count == self.count else {
      throw reader.unsupported(
        "num_local_experts", "\(self.count)", allowed: "the same as num_experts \(count)")
    }
    guard self.count * sizes.layers <= 1 << 17 else {
      throw reader.unsupported(
        "num_local_experts", "\(self.count) in each of \(sizes.layers) layers",
        allowed: "up to \(1 << 17) in all")
    }
    perToken = try reader.size(
      "num_experts_per_tok", in: 1...self.count, default: min(defaults.perToken, self.count))
    self.width = width
  }

  /// The two stages of the MLP: gate and up of each expert on its tokens, then its down. `shared` are
  /// groups of both stages that all tokens pass through.
  func stages(
    _ sizes: ModelSizes, norm: Norm, router: Router, names: Names = Names(),
    activation: Activation = .silu, bias: Bool = false,
    shared: (gateUp: Stage.Group, down: Stage.Group)? = nil
  ) -> [Stage] {
    func name(_ expert: Int, _ linear: String) -> LinearName {
      LinearName(rawValue: "\(names.parent).\(expert).\(linear)")
    }
    let gateUp = (0..<count).map { expert in
      Stage.Group(
        [
          Linear(name(expert, names.gate), .gate, rows: width, columns: sizes.hidden, bias: bias),
          Linear(name(expert, names.up), .up, rows: width, columns: sizes.hidden, bias: bias),
        ], tokens: .expert(expert))
    }
    let down = (0..<count).map { expert in
      Stage.Group(
        [Linear(name(expert, names.down), .output, rows: sizes.hidden, columns: width, bias: bias)],
        tokens: .expert(expert))
    }
    let share = Double(perToken) / Double(count)
    return [
      Stage(
        .stream(norm), router: router, groups: (shared.map { [$0.gateUp] } ?? []) + gateUp,
        expertShare: share, then: .gated(activation)),
      Stage(
        .previous, groups: (shared.map { [$0.down] } ?? []) + down, expertShare: share,
        then: .residual(nil)),
    ]
  }
}

extension ConfigReader {
  /// Which layers have experts in Qwen's models: every `decoder_sparse_step`-th that `mlp_only_layers`
  /// does not name.
  func sparseLayers(_ count: Int) throws(InputError) -> [Bool] {
    let step = try size("decoder_sparse_step", default: 1)
    let dense = Set(try numbers("mlp_only_layers") ?? [])
    return (0..<count).map { !dense.contains(Double($0)) && ($0 + 1) % step == 0 }
  }
}
