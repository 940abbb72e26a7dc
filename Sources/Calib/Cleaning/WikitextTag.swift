/// An HTML-like tag of a wikitext.
struct WikitextTag {
  /// In lower case.
  var name: String
  var isClosing: Bool
  var isSelfClosing: Bool
  /// Behind its `>`.
  var end: Int

  /// Reads the tag that opens with the `<` at `position`; nil where none does.
  init?(_ text: [Unicode.Scalar], at position: Int) {
    var index = position + 1
    isClosing = index < text.count && text[index] == "/"
    if isClosing { index += 1 }
    var name = ""
    while index < text.count, name.count < 20, text[index].isASCII,
      text[index].properties.isAlphabetic || ("0"..."9").contains(text[index])
    {
      name.unicodeScalars.append(text[index])
      index += 1
    }
    guard let first = name.unicodeScalars.first, first.properties.isAlphabetic else { return nil }
    self.name = name.lowercased()
    var quote: Unicode.Scalar?
    let limit = min(text.count, index + 2000)
    while index < limit {
      let scalar = text[index]
      if let open = quote {
        if scalar == open || scalar == "\n" { quote = nil }
      } else if scalar == "\"" {
        quote = scalar
      } else if scalar == ">" {
        isSelfClosing = text[index - 1] == "/"
        end = index + 1
        return
      } else if scalar == "<" {
        return nil
      }
      index += 1
    }
    return nil
  }
}
