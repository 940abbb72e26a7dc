import GPTQ
import Model
import Results

extension SweepInputs {
  /// What makes numbers of these inputs say less than they seem to, a sentence each: what was unusual
  /// as they were read, held-out text that the calibration set holds too, too few calibration tokens
  /// for the linears that `trials` quantize, windows that the model was not made for.
  public func notes(for trials: [TrialConfig]) -> [String] {
    let config = decoder.config
    return readingNotes + overlapNotes
      + [config.rankNote(calibrationTokens: calibration.tokenCount, trials: trials)].compactMap {
        $0
      }
      + ([("calibration samples", calibration.windows)]
      + domains.map { ("windows of \($0.name)", $0.windows) })
      .compactMap { name, windows in
        config.positionNote(windows.map(\.count).max() ?? 0, of: name)
      }
  }

  /// The held-out texts that the calibration set holds, or whose files it was made from.
  private var overlapNotes: [String] {
    overlaps.map { overlap in
      "\(overlap.domain) is not held out: "
        + (overlap.isSource
          ? "the calibration set was made from the same file, and" : "the calibration set")
        + " holds \(overlap.percent ?? 0) % of its runs of 13 tokens"
    }
  }
}

extension ModelConfig {
  /// What to say where a linear that one of `trials` solves has more inputs than there are calibration
  /// tokens; nil where none has.
  func rankNote(calibrationTokens tokens: Int, trials: [TrialConfig]) -> String? {
    var inputs: [(size: Int, names: [String])] = []
    for (layer, linear) in linears where linear.columns > tokens {
      let isSolved = trials.contains { trial in
        trial.quantize(for: layer, linear.name).map { $0.algorithm != .rtn } ?? false
      }
      guard isSolved else { continue }
      let name = linear.name.rawValue
      if let place = inputs.firstIndex(where: { $0.size == linear.columns }) {
        if !inputs[place].names.contains(name) { inputs[place].names.append(name) }
      } else {
        inputs.append((linear.columns, [name]))
      }
    }
    guard !inputs.isEmpty else { return nil }
    let list = inputs.map { "the \($0.size) inputs of \($0.names.joined(separator: ", "))" }
    return "calibration has \(tokens) tokens for \(list.joined(separator: " and ")): their Hessians"
      + " lack full rank, and an error measured on these tokens says little about other text"
  }
}
