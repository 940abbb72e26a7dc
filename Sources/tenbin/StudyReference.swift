import Basics
import Results

/// A study, or one trial of it, that a card is to take scores from: `STUDY.sqlite#7`.
struct StudyReference {
  /// The study's file.
  let file: String
  /// The trial's number; nil: whichever the checkpoint is.
  let number: Int?

  /// Reads `text`: without a number behind the last `#`, all of it is a path, which may hold one.
  init(_ text: String) {
    if let at = text.lastIndex(of: "#"), let number = Int(text[text.index(after: at)...]) {
      (file, self.number) = (String(text[..<at]), number)
    } else {
      (file, number) = (text, nil)
    }
  }

  /// No trial is the checkpoint.
  struct Unmatched: Error {
    let doubt: CheckpointProof.Doubt
  }

  /// The trial that the checkpoint is, of all complete ones or the one asked for; else the doubt of
  /// the one that comes closest. `checkpoint` is what errors call it.
  func match(
    _ proof: CheckpointProof, _ results: StudyResults, checkpoint: String
  ) throws(InputError) -> Result<TrialResult, Unmatched> {
    var trials = results.trials.filter { $0.draw == 0 && $0.state == .complete }
    if let number {
      guard let asked = results.trial(number), asked.state == .complete, asked.draw == 0 else {
        throw InputError(
          .usage, asked: "write the card of \(checkpoint) with trial \(number)",
          found: results.trial(number).map {
            $0.draw == 0 ? "it is \($0.state.rawValue)" : "it is a repeat on another draw"
          } ?? "no such trial", hint: "`tenbin sweep status` lists them")
      }
      trials = [asked]
    }
    var closest = CheckpointProof.Doubt.noRecord
    for trial in trials {
      guard let doubt = try proof.doubt(of: trial, in: results.environment) else {
        return .success(trial)
      }
      closest = max(closest, doubt)
    }
    return .failure(Unmatched(doubt: closest))
  }
}
