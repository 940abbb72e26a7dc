import Analysis
import Basics
import Model

/// Whether there is memory to write answers in.
struct DecodingRoom {
  /// Whether all weights stay in memory.
  let isKept: Bool
  /// What to say if not.
  let note: String?

  /// Looks for room for the answers of `decoder`'s model, which is called `name`.
  ///
  /// - Throws: an error where there is none even with one layer's weights at a time.
  init(
    _ decoder: Decoder, _ questions: [OpenQuestions], batch: Int, name: String
  ) throws(InputError) {
    func memory(_ batch: Int) -> DecodingMemory {
      DecodingMemory(
        decoder, prompts: questions.map { ($0.windows, $0.task.outputLength) }, batch: batch)
    }
    let whole = memory(batch)
    let what = "write the answers of \(name)"
    let fits: Bool
    if let free = decoder.engine.freeBytes {
      fits = whole.total(isKept: true) <= free
      let least = whole.total(isKept: false)
      guard fits || least <= free else {
        throw InputError(
          .io, asked: "\(what), which takes \(ByteText.size(least)) of the GPU's memory",
          found: "\(ByteText.size(free)) of it free",
          hint: "give a smaller --batch, or --device cpu")
      }
    } else {
      let limits = MemoryLimits.current
      do {
        try limits.check(plan: whole.total(isKept: true), for: what)
        fits = true
      } catch {
        fits = false
        try limits.check(
          plan: whole.total(isKept: false), for: what,
          smaller: batch > 1 ? ("give a smaller --batch", memory(1).total(isKept: false)) : nil)
      }
    }
    isKept = fits
    note =
      fits
      ? nil
      : "the weights of \(name) take \(ByteText.size(whole.weights)), for which there is no room:"
        + " they are read again for each token"
  }
}
