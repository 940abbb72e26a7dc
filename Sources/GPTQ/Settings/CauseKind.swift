/// What may be behind a regression, as a person would name it: one or several settings that act as
/// one.
public enum CauseKind: String, Sendable, Codable, CaseIterable {
  /// How codes reach the file.
  case packing
  /// `damp_percent` and what is done when a factorisation fails.
  case damping
  /// What the Hessians were gathered on, and how much of it.
  case calibrationData = "calibration_data"
  /// Nothing but another draw of the same rows.
  case calibrationDraw = "calibration_draw"
  case bits
  case groupSize = "group_size"
  case symmetry
  /// The order in which columns are taken.
  case columnOrder = "column_order"
  /// When, and on which weights, the scales of groups are fixed.
  case groupScales = "group_scales"
  /// The type that scales are stored in.
  case scalePrecision = "scale_precision"
  case algorithm
  /// Whose activations a layer is solved on.
  case propagation
  /// Which modules are quantized, and which of them by other settings.
  case modules
  /// What a checkpoint holds beyond what its settings give with this calibration set.
  case making
  /// Keys of config.json that change the function.
  case config
  /// The ids that text is cut into.
  case tokenizer
  /// The embedding, and the head that is tied to it.
  case embeddings
  /// The norm weights.
  case norms
  /// Biases of linears.
  case biases
  /// A head of its own.
  case head
  case other
}
