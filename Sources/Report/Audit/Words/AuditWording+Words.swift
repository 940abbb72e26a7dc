import Analysis

extension AuditWording {
  /// The wording in both languages.
  var words: Bilingual {
    switch self {
    case .verbatim: "{}"
    case .shared(let wording): wording.words
    case .codes(let wording): wording.words
    case .scales(let wording): wording.words
    case .zeros(let wording): wording.words
    case .base(let wording): wording.words
    case .files(let wording): wording.words
    case .loaders(let wording): wording.words
    case .config(let wording): wording.words
    case .tensors(let wording): wording.words
    case .tokenizer(let wording): wording.words
    case .function(let wording): wording.words
    }
  }
}
