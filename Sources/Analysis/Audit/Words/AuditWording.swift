/// Which sentence of an audit it is: its room, and the sentence in it.
public enum AuditWording: Sendable, Hashable, Comparable {
  /// Nothing but its value.
  case verbatim
  case shared(SharedWording)
  case codes(CodeWording)
  case scales(ScaleWording)
  case zeros(ZeroPointWording)
  case base(BaseWording)
  case files(FileWording)
  case loaders(LoaderWording)
  case config(ConfigWording)
  case tensors(TensorWording)
  case tokenizer(TokenizerWording)
  case function(FunctionWording)

  /// Every sentence that has words.
  public static var all: [AuditWording] {
    let all: [[AuditWording]] = [
      SharedWording.allCases.map(Self.shared),
      CodeWording.allCases.map(Self.codes),
      ScaleWording.allCases.map(Self.scales),
      ZeroPointWording.allCases.map(Self.zeros),
      BaseWording.allCases.map(Self.base),
      FileWording.allCases.map(Self.files),
      LoaderWording.allCases.map(Self.loaders),
      ConfigWording.allCases.map(Self.config),
      TensorWording.allCases.map(Self.tensors),
      TokenizerWording.allCases.map(Self.tokenizer),
      FunctionWording.allCases.map(Self.function),
    ]
    return all.flatMap { $0 }
  }
}

extension AuditSentence {
  static func shared(_ wording: SharedWording, _ values: any AuditValue...) -> Self {
    Self(.shared(wording), values.map(\.value))
  }

  static func codes(_ wording: CodeWording, _ values: any AuditValue...) -> Self {
    Self(.codes(wording), values.map(\.value))
  }

  static func scales(_ wording: ScaleWording, _ values: any AuditValue...) -> Self {
    Self(.scales(wording), values.map(\.value))
  }

  static func zeros(_ wording: ZeroPointWording, _ values: any AuditValue...) -> Self {
    Self(.zeros(wording), values.map(\.value))
  }

  static func base(_ wording: BaseWording, _ values: any AuditValue...) -> Self {
    Self(.base(wording), values.map(\.value))
  }

  static func files(_ wording: FileWording, _ values: any AuditValue...) -> Self {
    Self(.files(wording), values.map(\.value))
  }

  static func loaders(_ wording: LoaderWording, _ values: any AuditValue...) -> Self {
    Self(.loaders(wording), values.map(\.value))
  }

  static func config(_ wording: ConfigWording, _ values: any AuditValue...) -> Self {
    Self(.config(wording), values.map(\.value))
  }

  static func tensors(_ wording: TensorWording, _ values: any AuditValue...) -> Self {
    Self(.tensors(wording), values.map(\.value))
  }

  static func tokenizer(_ wording: TokenizerWording, _ values: any AuditValue...) -> Self {
    Self(.tokenizer(wording), values.map(\.value))
  }

  static func function(_ wording: FunctionWording, _ values: any AuditValue...) -> Self {
    Self(.function(wording), values.map(\.value))
  }
}
