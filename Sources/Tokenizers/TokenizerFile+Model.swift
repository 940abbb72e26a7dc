import Basics
import Codecs

extension TokenizerFile {
  /// The model, and the bytes of each token by its id.
  func model(readsBytes: Bool) throws(InputError) -> (TokenModel, tokens: [[UInt8]?]) {
    let model = try require(root["model"], "model")
    // Files older than tokenizers 0.9 leave the type out.
    let type = model["type"]?.string ?? (model["merges"] == nil ? "none" : "BPE")
    switch type {
    case "BPE":
      let (bpe, tokens) = try bytePairEncoding(model, readsBytes: readsBytes)
      return (.bpe(bpe), tokens)
    case "Unigram":
      let (unigram, tokens) = try unigram(model)
      return (.unigram(unigram), tokens)
    default: throw unsupported("model", type)
    }
  }

  private func unigram(_ model: JSONValue) throws(InputError) -> (Unigram, tokens: [[UInt8]?]) {
    let entries = try require(model["vocab"]?.array, "vocabulary")
    var tokens = [[UInt8]]()
    var scores = [Double]()
    var ids = ByteStringTable(capacity: entries.count)
    for (index, entry) in entries.enumerated() {
      guard let pair = entry.array, pair.count == 2, let piece = pair[0].string,
        let score = pair[1].number
      else { throw bad("piece \(index) that is no pair of text and score") }
      tokens.append(Array(piece.utf8))
      scores.append(score)
      ids.insert(Array(piece.utf8)[...], Int32(index))
    }
    var unknown: Int32?
    if let id = model["unk_id"]?.integer {
      guard tokens.indices.contains(id) else {
        throw bad("the unk_id \(id) outside of the vocabulary")
      }
      unknown = Int32(id)
    }
    var byteTokens: [Int32?]?
    if model["byte_fallback"]?.bool == true {
      byteTokens = (UInt8.min...UInt8.max).map { byte in
        ids[Array(UnknownBytes.tokenName(byte).utf8)[...]]
      }
    }
    let unigram = Unigram(
      scores: scores, tokens: tokens, pieces: ids, unknown: unknown, byteTokens: byteTokens)
    return (unigram, tokens)
  }

  /// What `byte_fallback` is for cannot happen where each byte of ByteLevel's alphabet is a token. Nothing
  /// else may be glued to bytes.
  private func leaveBytesToByteLevel(
    _ options: inout BytePairEncoding.Options, vocabulary: ByteStringTable
  ) throws(InputError) {
    for (name, affix) in [
      ("continuing_subword_prefix", options.continuingSubwordPrefix),
      ("end_of_word_suffix", options.endOfWordSuffix),
    ] where !affix.isEmpty { throw unsupported("ByteLevel with the BPE option \(name)", affix) }
    guard options.byteFallback else { return }
    let missing = ByteLevelAlphabet.scalars.first {
      vocabulary[Array(String($0).utf8)[...]] == nil
    }
    if let missing {
      throw unsupported(
        "BPE with byte_fallback, and a vocabulary without ByteLevel's character", String(missing))
    }
    options.byteFallback = false
  }

  private func bytePairEncoding(_ model: JSONValue, readsBytes: Bool) throws(InputError)
    -> (BytePairEncoding, tokens: [[UInt8]?])
  {
    let vocabulary = try require(model["vocab"]?.members, "vocabulary")
    if let dropout = model["dropout"]?.number, dropout != 0 {
      throw unsupported("BPE dropout", "\(dropout)")
    }
    var tokens = [[UInt8]?](repeating: nil, count: vocabulary.count)
    var ids = ByteStringTable(capacity: vocabulary.count)
    for member in vocabulary {
      let id = try require(member.value.integer, "id of the token \(member.key)")
      guard id >= 0, id < 1 << 24 else { throw bad("the token id \(id)") }
      while tokens.count <= id { tokens.append(nil) }
      tokens[id] = Array(member.key.utf8)
      ids.insert(Array(member.key.utf8)[...], Int32(id))
    }
    var options = BytePairEncoding.Options()
    options.ignoreMerges = model["ignore_merges"]?.bool ?? false
    options.byteFallback = model["byte_fallback"]?.bool ?? false
    options.fuseUnknown = model["fuse_unk"]?.bool ?? false
    options.continuingSubwordPrefix = model["continuing_subword_prefix"]?.string ?? ""
    options.endOfWordSuffix = model["end_of_word_suffix"]?.string ?? ""
    if readsBytes {
      try leaveBytesToByteLevel(&options, vocabulary: ids)
    }
    let symbols: BytePairEncoding.Symbols = readsBytes ? .bytes : .scalars
    let merges = try merges(
      model, vocabulary: ids, prefixLength: options.continuingSubwordPrefix.utf8.count)
    var unknown: Int32?
    if let token = model["unk_token"]?.string {
      unknown = try require(ids[Array(token.utf8)[...]], "token \(token), the unk_token")
    }
    var byteTokens = [Int32?]()
    for byte in UInt8.min...UInt8.max {
      let name =
        symbols == .bytes
        ? String(ByteLevelAlphabet.scalars[Int(byte)]) : UnknownBytes.tokenName(byte)
      byteTokens.append(ids[Array(name.utf8)[...]])
    }
    return (
      BytePairEncoding(
        symbols: symbols, options: options,
        vocabulary: symbols == .bytes ? rawBytes(tokens) : ids, merges: merges, unknown: unknown,
        byteTokens: byteTokens),
      tokens
    )
  }

  /// The tokens that byte-level pre-tokens can reach, keyed by the bytes they stand for.
  private func rawBytes(_ tokens: [[UInt8]?]) -> ByteStringTable {
    var table = ByteStringTable(capacity: tokens.count)
    for (id, token) in tokens.enumerated() {
      guard let token, let bytes = ByteLevelAlphabet.decode(token) else { continue }
      table.insert(bytes[...], Int32(id))
    }
    return table
  }

  private func merges(_ model: JSONValue, vocabulary: ByteStringTable, prefixLength: Int)
    throws(InputError) -> PairTable<Merge>
  {
    let entries = try require(model["merges"]?.array, "list of merges")
    var table = PairTable<Merge>(capacity: entries.count)
    for (rank, entry) in entries.enumerated() {
      let pair: [ArraySlice<UInt8>]
      if let text = entry.string {
        pair = Array(text.utf8).split(separator: 0x20, omittingEmptySubsequences: false)
      } else {
        pair = (entry.array ?? []).compactMap { $0.string.map { Array($0.utf8)[...] } }
      }
      guard pair.count == 2 else { throw bad("merge \(rank) that does not name two tokens") }
      let merged = pair[0] + pair[1].dropFirst(prefixLength)
      guard let left = vocabulary[pair[0]], let right = vocabulary[pair[1]],
        let token = vocabulary[merged[...]]
      else { throw bad("merge \(rank) of tokens that the vocabulary lacks") }
      table[left, right] = Merge(rank: Int32(rank), token: token)
    }
    return table
  }
}
