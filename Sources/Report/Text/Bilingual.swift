/// A text of a page in both of its languages. A page carries both, and its reader chooses: CSS shows
/// what is of class `en` or of class `ja`.
struct Bilingual: Sendable, Equatable, ExpressibleByStringLiteral {
  /// English.
  let en: String
  /// Japanese.
  let ja: String

  /// A text and its translation.
  init(_ english: String, _ japanese: String) {
    en = english
    ja = japanese
  }

  /// What reads the same in both, such as a number or a name.
  init(_ same: String) { self.init(same, same) }

  init(stringLiteral same: String) { self.init(same) }

  /// What `text` says in each language.
  init(_ text: (CardLanguage) -> String) { self.init(text(.en), text(.ja)) }

  /// The text of a language.
  subscript(_ language: CardLanguage) -> String { language == .en ? en : ja }

  /// What `change` makes of both.
  func map(_ change: (String) -> String) -> Bilingual { Bilingual(change(en), change(ja)) }

  static func + (first: Bilingual, second: Bilingual) -> Bilingual {
    Bilingual(first.en + second.en, first.ja + second.ja)
  }

  /// As running text of a page, escaped.
  var html: String {
    en == ja
      ? en.xmlEscaped
      : "<span class=\"en\" lang=\"en\">\(en.xmlEscaped)</span>"
        + "<span class=\"ja\" lang=\"ja\">\(ja.xmlEscaped)</span>"
  }

  /// As an attribute, which CSS cannot choose: English, until the script exchanges it.
  func attribute(_ name: String) -> String {
    en == ja
      ? "\(name)=\"\(en.xmlEscaped)\""
      : "\(name)=\"\(en.xmlEscaped)\" data-in=\"\(name)\" data-en=\"\(en.xmlEscaped)\" "
        + "data-ja=\"\(ja.xmlEscaped)\""
  }

  /// Whole parts of a page, markup already, one for each language.
  static func blocks(_ markup: (CardLanguage) -> String) -> String {
    let (en, ja) = (markup(.en), markup(.ja))
    return en == ja
      ? en
      : "<div class=\"en\" lang=\"en\">\(en)</div>\n<div class=\"ja\" lang=\"ja\">\(ja)</div>"
  }
}
