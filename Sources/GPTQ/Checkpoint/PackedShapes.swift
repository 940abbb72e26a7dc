import Basics
import Tensor

/// What the shapes of a quantized linear's tensors tell of it.
struct PackedShapes {
  /// Bits a code.
  let bits: Int
  /// Outputs: the columns of qweight.
  let outputs: Int
  /// Inputs: the length of g_idx; without one, all that the words of qweight hold.
  let inputs: Int
  /// Rows of scales; nil where there are no scales.
  let groups: Int?
  /// Whether there is a g_idx.
  let hasGroupIndex: Bool

  /// Reads the headers of `module`. Bits follow from qweight beside g_idx, else from qzeros beside
  /// scales; `declared` is taken where both are missing.
  init(
    _ module: String, in tensors: SafetensorsDirectory, declared: Int
  ) throws(InputError) {
    func shape(_ part: String) throws(InputError) -> [Int]? {
      try tensors.file(of: module + part)?.entry(module + part).shape
    }
    func damaged(_ found: String) -> InputError {
      InputError(
        .badData, asked: "read \(module) of \(tensors.url.path)", found: found,
        hint: "codes of 2 to 8 bits take in_features · bits / 32 words: the checkpoint is damaged")
    }
    guard let weight = try shape(".qweight") else {
      throw damaged("no \(module).qweight")
    }
    // A side of an empty tensor may be any number, and be computed with.
    guard weight.count == 2, !weight.contains(0) else {
      throw damaged("qweight of shape \(weight), where two dimensions are expected")
    }
    let (words, outputs) = (weight[0], weight[1])
    let scales = try shape(".scales").flatMap { $0.count == 2 ? $0 : nil }
    let zeroWords = try shape(".qzeros").flatMap { $0.count == 2 ? $0[1] : nil }
    let candidates = [declared] + QuantizeConfig.allowedBits
    if let index = try shape(".g_idx") {
      guard index.count == 1 else {
        throw damaged("g_idx of shape \(index), where one dimension is expected")
      }
      guard
        let bits = candidates.first(where: { PackedCodes.wordCount(index[0], bits: $0) == words })
      else { throw damaged("\(words) words in qweight for \(index[0]) inputs in g_idx") }
      (self.bits, inputs, hasGroupIndex) = (bits, index[0], true)
    } else {
      let fitting = candidates.first { bits in
        scales?[1] == outputs && PackedCodes.wordCount(outputs, bits: bits) == zeroWords
      }
      let bits = fitting ?? declared
      (self.bits, inputs, hasGroupIndex) = (bits, words / bits * 32, false)
    }
    self.outputs = outputs
    groups = scales?[0]
  }
}
