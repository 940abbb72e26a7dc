import Basics
import Calib
import Foundation
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

  /// A share of common runs above this is no accident: other articles of one encyclopedia have 0.02 %.
  private static let accident = 0.01

  /// The held-out texts that the calibration set holds, or whose files it was made from.
  private var overlapNotes: [String] {
    zip(domains, heldoutFiles).compactMap { domain, path in
      let share = TokenRuns(domain.windows).share(in: calibration.windows)
      let isSource = calibration.sources.contains { $0.isFile(at: URL(fileURLWithPath: path)) }
      guard isSource || share > Self.accident else { return nil }
      let percent = Int((100 * share).rounded(.up))
      return "\(domain.name) is not held out: "
        + (isSource
          ? "the calibration set was made from the same file, and" : "the calibration set")
        + " holds \(percent) % of its runs of 13 tokens"
    }
  }
}

extension SourceRecord {
  /// Whether this source is the file at `url`: the same path, or the same bytes.
  fileprivate func isFile(at url: URL) -> Bool {
    let own = HubCache().url(of: name)
    if own.resolvingSymlinksInPath().path == url.resolvingSymlinksInPath().path { return true }
    let size = (try? FileManager.default.attributesOfItem(atPath: url.path))?[.size] as? Int
    // As much as the set's build read at most.
    guard isWhole, size == bytesRead, bytesRead < 1 << 30,
      let data = try? InputFile.data(url, asked: "", missing: "")
    else { return false }
    return SHA256.hexDigest(of: data) == sha256
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
