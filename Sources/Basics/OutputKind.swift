/// What an output is, or what stands where one is to go.
public enum OutputKind: String, Sendable, CaseIterable {
  /// A page of HTML.
  case page = "an HTML page"
  /// Comma-separated values.
  case csv = "a CSV file"
  /// A model card, or other Markdown.
  case card = "a Markdown file"
  /// A trace in Chrome's format.
  case trace = "a Chrome trace"
  /// The samples of a calibration set as JSON lines.
  case samples = "a JSONL file of samples"
  /// Generated answers as JSON lines.
  case answers = "a JSONL file of answers"
  /// The runs of a study as JSON lines.
  case runs = "a JSONL file of runs"
  /// Scores of tasks in lm-eval's layout.
  case results = "a JSON file of results"
  /// A sweep.yaml.
  case sweepFile = "a sweep file"
  /// A calibration set.
  case calibrationSet = "a calibration set"
  /// A study of a sweep.
  case study = "a study"
  /// An Optuna storage.
  case optuna = "an Optuna storage"
  /// Tensors.
  case tensors = "a safetensors file"
  /// A folder with a GPTQ checkpoint.
  case checkpoint = "a GPTQ checkpoint"

  /// Whether tenbin's own output of this kind is made again in a moment, so that writing it once more
  /// takes nothing away.
  var isRemade: Bool { isDocument || self == .trace }

  /// Whether it is a folder.
  var isFolder: Bool { self == .checkpoint }

  /// Whether it can go through a pipe or to a device.
  var isStreamed: Bool { !isFolder && self != .study }

  /// Whether it may stand in a model's folder without being a part of the model.
  var isDocument: Bool { self == .page || self == .csv || self == .card }
}
