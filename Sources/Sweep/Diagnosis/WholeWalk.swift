import Analysis
import Basics
import Foundation
import Model
import Tokenizers

/// A stored checkpoint run from its own files whole, and again with one part after another put back to
/// the base's, until only its linears are its own: each step is that part's share of what the checkpoint
/// loses.
struct WholeWalk {
  /// The parts that differ from the base's, in the order in which they are put back.
  let parts: [FolderPart]
  private let own: Decoder
  private let tokenizer: Tokenizer
  private let baseTokenizer: Tokenizer
  private let inputs: SweepInputs

  /// The walk of the checkpoint `folder`, which a loader must be able to run.
  init(_ folder: URL, _ inputs: SweepInputs) throws(InputError) {
    own = try Decoder.open(folder, engine: inputs.engine) { _ in }
    self.inputs = inputs
    baseTokenizer = try Tokenizer(directory: inputs.modelDirectory)
    // A checkpoint without a tokenizer is used with its base's.
    let file = folder.appendingPathComponent("tokenizer.json")
    let hasOne = FileManager.default.fileExists(atPath: file.path)
    tokenizer = hasOne ? try Tokenizer(directory: folder) : baseTokenizer
    var differing = try FolderPart.differing(own, inputs.decoder)
    let (mine, theirs) = (tokenizer, baseTokenizer)
    let isOther = inputs.domains.flatMap(\.windows).contains { window in
      let text = theirs.decode(window, skipSpecialTokens: false)
      return mine.encode(text, addSpecialTokens: false)
        != theirs.encode(text, addSpecialTokens: false)
    }
    if hasOne, isOther {
      differing.insert(.tokenizer)
    }
    parts = Self.order.filter(differing.contains)
  }

  /// Ids first: every later step is compared token by token.
  private static let order: [FolderPart] = [
    .tokenizer, .config, .embeddings, .norms, .biases, .head,
  ]

  /// What the checkpoint scores on every domain as it is, and on the main one after each step.
  func scores() throws(InputError) -> (
    whole: [Evaluation], steps: [(part: FolderPart, evaluation: Evaluation)]
  ) {
    let plain = try evaluate(own, inputs.domains)
    var whole = plain
    var steps: [(part: FolderPart, evaluation: Evaluation)] = []
    var restored: Set<FolderPart> = []
    for part in parts {
      restored.insert(part)
      if part == .tokenizer {
        whole = []
        for (scored, domain) in zip(plain, inputs.domains) {
          whole.append(try retokenized(scored, domain))
        }
        if let first = plain.first { steps.append((part, first)) }
        continue
      }
      let model = try Decoder(
        config: restored.contains(.config) ? inputs.decoder.config : own.config,
        source: PartlyBase(own: own.source, base: inputs.decoder.source, restored: restored),
        engine: inputs.engine)
      if let scored = try evaluate(model, Array(inputs.domains.prefix(1))).first {
        steps.append((part, scored))
      }
    }
    return (whole, steps)
  }

  private func evaluate(
    _ model: Decoder, _ domains: [HeldoutDomain]
  ) throws(InputError) -> [Evaluation] {
    try Scoring(model, base: inputs.decoder).evaluate(domains)
  }

  /// `scored` with the checkpoint's own ids: the text of each window cut anew, its nats per token of the
  /// base's tokenizer. Divergences from the base are those of the base's ids, of which alone there are
  /// any.
  private func retokenized(
    _ scored: Evaluation, _ domain: HeldoutDomain
  ) throws(InputError) -> Evaluation {
    let windows = domain.windows.map { window in
      tokenizer.encode(
        baseTokenizer.decode(window, skipSpecialTokens: false), addSpecialTokens: false)
    }
    try tokenizer.check(windows, of: domain.name, fit: own.config)
    let cut = HeldoutDomain(name: domain.name, windows: windows, characters: domain.characters)
    guard let mine = try Scoring(own).evaluate([cut]).first, let sums = mine.windows,
      let plain = scored.windows, sums.nll.count == plain.nll.count
    else { return scored }
    var evaluation = scored
    evaluation.windows = WindowScores(tokens: plain.tokens, nll: sums.nll, kld: plain.kld)
    let tokens = plain.tokens.reduce(0, +)
    let mean = sums.nll.reduce(0, +) / max(tokens, 1)
    evaluation.nllDelta += mean - scored.nllPerToken
    evaluation.nllPerToken = mean
    evaluation.perplexity = exp(mean)
    // Errors are those of the base's ids, which these scores are not.
    (evaluation.nllStderr, evaluation.perplexityStderr) = (.nan, .nan)
    evaluation.nllDeltaStderr = .nan
    evaluation.bitsPerCharacter = mine.bitsPerCharacter
    return evaluation
  }
}
