/// The character references that wikitext uses.
enum HTMLEntities {
  private static let named: [String: Unicode.Scalar] = [
    "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "ensp": " ",
    "emsp": " ", "thinsp": " ", "ndash": "–", "mdash": "—", "hellip": "…", "middot": "·",
    "bull": "•", "times": "×", "divide": "÷", "minus": "−", "plusmn": "±", "deg": "°",
    "prime": "′", "Prime": "″", "yen": "¥", "pound": "£", "euro": "€", "cent": "¢", "sect": "§",
    "copy": "©", "reg": "®", "trade": "™", "laquo": "«", "raquo": "»", "lsquo": "‘", "rsquo": "’",
    "ldquo": "“", "rdquo": "”", "larr": "←", "rarr": "→", "uarr": "↑", "darr": "↓", "harr": "↔",
    "rArr": "⇒", "hArr": "⇔", "infin": "∞", "ne": "≠", "le": "≤", "ge": "≥", "sup1": "¹",
    "sup2": "²", "sup3": "³", "frac12": "½", "frac14": "¼", "frac34": "¾", "alpha": "α",
    "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "theta": "θ", "lambda": "λ",
    "mu": "μ", "micro": "µ", "pi": "π", "sigma": "σ", "tau": "τ", "phi": "φ", "omega": "ω",
    "Delta": "Δ", "Sigma": "Σ", "Omega": "Ω", "eacute": "é", "egrave": "è", "agrave": "à",
    "aacute": "á", "ouml": "ö", "uuml": "ü", "auml": "ä", "Ouml": "Ö", "Uuml": "Ü", "szlig": "ß",
    "ccedil": "ç", "ntilde": "ñ", "oslash": "ø", "iacute": "í", "oacute": "ó", "uacute": "ú",
  ]

  /// The scalar of the reference that opens with the `&` at `position`, and the place behind it.
  static func scalar(in text: [Unicode.Scalar], at position: Int) -> (Unicode.Scalar, end: Int)? {
    var name = ""
    var index = position + 1
    while index < text.count, text[index] != ";", name.unicodeScalars.count < 10 {
      guard text[index].isASCII, text[index].value > 0x20 else { return nil }
      name.unicodeScalars.append(text[index])
      index += 1
    }
    guard index < text.count, text[index] == ";" else { return nil }
    if name.hasPrefix("#x") || name.hasPrefix("#X") {
      guard let scalar = UInt32(name.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init) else {
        return nil
      }
      return (scalar, index + 1)
    }
    if name.hasPrefix("#") {
      guard let scalar = UInt32(name.dropFirst()).flatMap(Unicode.Scalar.init) else { return nil }
      return (scalar, index + 1)
    }
    return named[name].map { ($0, index + 1) }
  }
}
