import Basics
import Codecs
import Foundation

/// Reads the parts of a tokenizer.json; whatever it does not know is an error that names it.
struct TokenizerFile {
  /// What the file is called in errors.
  let name: String
  let root: JSONValue

  func bad(
    _ found: String, hint: String = "check that the file is whole, as its model came with it"
  )
    -> InputError
  {
    InputError(.badData, asked: "read the tokenizer \(name)", found: found, hint: hint)
  }

  func unsupported(_ part: String, _ type: String) -> InputError {
    bad(
      "\(part) \"\(type)\", which tenbin does not know",
      hint: "convert the tokenizer to supported components, or report the model that uses it")
  }

  func require<Value>(_ value: Value?, _ what: String) throws(InputError) -> Value {
    guard let value else { throw bad("no usable \(what)") }
    return value
  }

  private func present(_ value: JSONValue?) -> JSONValue? {
    value.flatMap { $0.isNull ? nil : $0 }
  }

  private func type(of value: JSONValue, in part: String) throws(InputError) -> String {
    try require(value["type"]?.string, "type of a \(part)")
  }

  // MARK: Added tokens

  func addedTokens() throws(InputError) -> [AddedToken] {
    var tokens = [AddedToken]()
    for entry in root["added_tokens"]?.array ?? [] {
      let id = try require(
        entry["id"]?.integer.flatMap(Int32.init(exactly:)), "id of an added token")
      let content = try require(entry["content"]?.string, "content of an added token")
      guard id >= 0 else { throw bad("the added token id \(id)") }
      tokens.append(
        AddedToken(
          id: id, content: Array(content.unicodeScalars),
          singleWord: entry["single_word"]?.bool ?? false, lstrip: entry["lstrip"]?.bool ?? false,
          rstrip: entry["rstrip"]?.bool ?? false, normalized: entry["normalized"]?.bool ?? true,
          special: entry["special"]?.bool ?? false))
    }
    return tokens
  }

  // MARK: Patterns

  private func pattern(_ value: JSONValue?, in part: String) throws(InputError) -> TextPattern {
    if let literal = value?["String"]?.string { return .literal(Array(literal.unicodeScalars)) }
    return .regex(try regex(try require(value?["Regex"]?.string, "pattern of a \(part)")))
  }

  private func regex(_ pattern: String) throws(InputError) -> Regex {
    do {
      return try Regex(pattern)
    } catch {
      throw bad(
        "the regular expression \(pattern), of which tenbin does not know \(error.reason) "
          + "(scalar \(error.offset))",
        hint: "rewrite the expression with the constructs of docs/calibration.md")
    }
  }

  // MARK: Normalizer

  func normalizer() throws(InputError) -> Normalizer? {
    guard let value = present(root["normalizer"]) else { return nil }
    return try normalizer(value)
  }

  private func normalizer(_ value: JSONValue) throws(InputError) -> Normalizer {
    let type = try type(of: value, in: "normalizer")
    switch type {
    case "Sequence":
      var steps = [Normalizer]()
      for step in try require(value["normalizers"]?.array, "list of normalizers") {
        steps.append(try normalizer(step))
      }
      return .sequence(steps)
    case "NFC": return .form(.nfc)
    case "NFD": return .form(.nfd)
    case "NFKC": return .form(.nfkc)
    case "NFKD": return .form(.nfkd)
    case "Replace":
      let content = try require(value["content"]?.string, "content of a Replace")
      return .replace(
        try pattern(value["pattern"], in: "Replace"), with: Array(content.unicodeScalars))
    case "Prepend":
      return .prepend(
        Array(try require(value["prepend"]?.string, "prefix of a Prepend").unicodeScalars))
    case "Lowercase": return .lowercase
    case "Strip":
      return .strip(
        left: value["strip_left"]?.bool ?? true, right: value["strip_right"]?.bool ?? true)
    case "StripAccents": return .stripAccents
    case "Nmt": return .nmt
    case "ByteLevel": return .byteLevel
    case "Precompiled":
      let text = try require(value["precompiled_charsmap"]?.string, "map of a Precompiled")
      return .precompiled(
        try require(
          Data(base64Encoded: text).flatMap { PrecompiledMap(Array($0)) }, "map of a Precompiled"))
    default: throw unsupported("normalizer", type)
    }
  }

  // MARK: Pre-tokenizer

  /// The pre-tokenizer, and whether it leaves the bytes of GPT-2's alphabet to the model.
  func preTokenizer() throws(InputError) -> (PreTokenizer?, leavesBytes: Bool) {
    guard let value = present(root["pre_tokenizer"]) else { return (nil, false) }
    let preTokenizer = try preTokenizer(value)
    // Where ByteLevel comes last, the model can read raw bytes and spare the detour.
    switch preTokenizer {
    case .byteLevel(let prefix, let pattern, _):
      return (.byteLevel(addPrefixSpace: prefix, pattern: pattern, encodes: false), true)
    case .sequence(var steps):
      if case .byteLevel(let prefix, let pattern, _) = steps.last {
        steps[steps.count - 1] = .byteLevel(
          addPrefixSpace: prefix, pattern: pattern, encodes: false)
        return (.sequence(steps), true)
      }
      return (preTokenizer, false)
    default: return (preTokenizer, false)
    }
  }

  private func preTokenizer(_ value: JSONValue) throws(InputError) -> PreTokenizer {
    let type = try type(of: value, in: "pre-tokenizer")
    switch type {
    case "Sequence":
      var steps = [PreTokenizer]()
      for step in try require(value["pretokenizers"]?.array, "list of pre-tokenizers") {
        steps.append(try preTokenizer(step))
      }
      return .sequence(steps)
    case "Split":
      return .split(
        try pattern(value["pattern"], in: "Split"),
        try require(try behavior(value["behavior"]), "behavior of a Split"),
        inverts: value["invert"]?.bool ?? false)
    case "ByteLevel":
      let usesRegex = value["use_regex"]?.bool ?? true
      return .byteLevel(
        addPrefixSpace: value["add_prefix_space"]?.bool ?? true,
        pattern: usesRegex ? .regex(try regex(Self.gpt2Pattern)) : nil, encodes: true)
    case "Metaspace": return try metaspace(value)
    case "Digits":
      return .split(
        .scalars(ScalarClass.digit),
        value["individual_digits"]?.bool == true ? .isolated : .contiguous, inverts: false)
    case "Punctuation":
      return .split(
        .scalars(ScalarClass.punctuation), try behavior(value["behavior"]) ?? .isolated,
        inverts: false)
    case "Whitespace": return .split(.regex(try words()), .removed, inverts: true)
    case "WhitespaceSplit":
      return .split(.scalars(ScalarClass.space), .removed, inverts: false)
    case "BertPreTokenizer":
      return .sequence([
        .split(.scalars(ScalarClass.space), .removed, inverts: false),
        .split(.scalars(ScalarClass.punctuation), .isolated, inverts: false),
      ])
    case "CharDelimiterSplit":
      let delimiter = try require(value["delimiter"]?.string, "delimiter")
      return .split(.literal(Array(delimiter.unicodeScalars)), .removed, inverts: false)
    default: throw unsupported("pre-tokenizer", type)
    }
  }

  private func behavior(_ value: JSONValue?) throws(InputError) -> SplitBehavior? {
    guard let name = value?.string else { return nil }
    guard let behavior = SplitBehavior(rawValue: name) else {
      throw unsupported("Split behavior", name)
    }
    return behavior
  }

  private func metaspace(_ value: JSONValue) throws(InputError) -> PreTokenizer {
    let mark = try require(value["replacement"]?.string?.unicodeScalars.first, "replacement")
    let addsPrefix = value["add_prefix_space"]?.bool
    let scheme = value["prepend_scheme"]?.string ?? (addsPrefix == false ? "never" : "always")
    guard let prefix = MetaspacePrefix(rawValue: scheme) else {
      throw unsupported("Metaspace prepend_scheme", scheme)
    }
    if addsPrefix == false, prefix != .never {
      throw bad("a Metaspace whose add_prefix_space and prepend_scheme disagree")
    }
    return .metaspace(mark, prepends: prefix, splits: value["split"]?.bool ?? true)
  }

  /// `\w+|[^\w\s]+` with the `\w` of Rust's regex crate.
  private func words() throws(InputError) -> Regex {
    var others = ScalarClass.rustWord
    others.formUnion(ScalarClass.space)
    let sets = [ScalarClass.rustWord, others.inverted()]
    do {
      return try Regex(
        .alternation(sets.map { .repeated(.set($0), atLeast: 1, atMost: nil, .greedy) }))
    } catch {
      throw bad(error.reason)
    }
  }

  private static let gpt2Pattern =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  // MARK: Post-processor

  func postProcessor() throws(InputError) -> PostProcessor {
    guard let value = present(root["post_processor"]) else { return PostProcessor() }
    return try postProcessor(value)
  }

  private func postProcessor(_ value: JSONValue) throws(InputError) -> PostProcessor {
    let type = try type(of: value, in: "post-processor")
    switch type {
    case "ByteLevel": return PostProcessor()
    case "Sequence":
      var result = PostProcessor()
      for step in try require(value["processors"]?.array, "list of post-processors") {
        let outer = try postProcessor(step)
        result.prefix = outer.prefix + result.prefix
        result.suffix += outer.suffix
      }
      return result
    case "TemplateProcessing": return try template(value)
    case "BertProcessing", "RobertaProcessing":
      return PostProcessor(
        prefix: [try specialID(value["cls"], in: type)],
        suffix: [try specialID(value["sep"], in: type)])
    default: throw unsupported("post-processor", type)
    }
  }

  private func specialID(_ value: JSONValue?, in type: String) throws(InputError) -> Int32 {
    try require(
      value?.array?.last?.integer.flatMap(Int32.init(exactly:)), "special token of a \(type)")
  }

  private func template(_ value: JSONValue) throws(InputError) -> PostProcessor {
    var result = PostProcessor()
    var texts = 0
    for part in try require(value["single"]?.array, "single template") {
      if part["Sequence"] != nil {
        texts += 1
        continue
      }
      let name = try require(part["SpecialToken"]?["id"]?.string, "special token of a template")
      let ids = try require(
        value["special_tokens"]?[name]?["ids"]?.array, "ids of the template token \(name)")
      for id in ids {
        let id = try require(id.integer.flatMap(Int32.init(exactly:)), "id of the token \(name)")
        if texts == 0 { result.prefix.append(id) } else { result.suffix.append(id) }
      }
    }
    guard texts == 1 else { throw bad("a template that names its text \(texts) times") }
    return result
  }

  // MARK: Decoder

  func decoder() throws(InputError) -> Decoder? {
    guard let value = present(root["decoder"]) else { return nil }
    return try decoder(value)
  }

  private func decoder(_ value: JSONValue) throws(InputError) -> Decoder {
    let type = try type(of: value, in: "decoder")
    switch type {
    case "Sequence":
      var steps = [Decoder]()
      for step in try require(value["decoders"]?.array, "list of decoders") {
        steps.append(try decoder(step))
      }
      return .sequence(steps)
    case "ByteLevel": return .byteLevel
    case "Fuse": return .fuse
    case "ByteFallback": return .byteFallback
    case "Replace":
      return .replace(
        try pattern(value["pattern"], in: "Replace"),
        with: Array(try require(value["content"]?.string, "content").unicodeScalars))
    case "Strip":
      return .strip(
        try require(value["content"]?.string?.unicodeScalars.first, "content of a Strip"),
        start: value["start"]?.integer ?? 0, stop: value["stop"]?.integer ?? 0)
    case "Metaspace":
      guard case .metaspace(let mark, let prefix, _) = try metaspace(value) else {
        throw bad("a Metaspace decoder that cannot be read")
      }
      return .metaspace(mark, dropsFirst: prefix != .never)
    case "BPEDecoder":
      return .suffix(Array((value["suffix"]?.string ?? "</w>").unicodeScalars))
    default: throw unsupported("decoder", type)
    }
  }
}
