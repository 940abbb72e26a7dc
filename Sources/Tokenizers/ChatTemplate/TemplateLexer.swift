/// A piece of a template: text as it stands, or the tokens of `{{ }}` or `{% %}`.
enum TemplateChunk {
  case text(String)
  case output([TemplateToken])
  case statement([TemplateToken])
}

/// A token inside of a template's brackets.
enum TemplateToken: Equatable {
  case name(String)
  case string(String)
  case int(Int)
  case double(Double)
  case mark(String)
}

/// Cuts a template into chunks, with trim_blocks and lstrip_blocks on as transformers has them.
struct TemplateLexer {
  private let text: [Unicode.Scalar]
  private var position = 0

  static func chunks(of template: String) throws(TemplateError) -> [TemplateChunk] {
    var scalars = Array(template.unicodeScalars)
    // Jinja drops one line feed at the end.
    if scalars.last == "\n" { scalars.removeLast() }
    var lexer = TemplateLexer(text: scalars)
    return try lexer.chunks()
  }

  private init(text: [Unicode.Scalar]) {
    self.text = text
  }

  private func has(_ mark: String, at position: Int) -> Bool {
    text[min(position, text.count)...].starts(with: mark.unicodeScalars)
  }

  private mutating func chunks() throws(TemplateError) -> [TemplateChunk] {
    var chunks = [TemplateChunk]()
    var start = 0
    var stripsLeft = false
    while true {
      var open = position
      while open < text.count,
        !(text[open] == "{" && ["{{", "{%", "{#"].contains { has($0, at: open) })
      {
        open += 1
      }
      var literal = text[start..<open]
      if stripsLeft { literal = literal.drop(while: \.properties.isWhitespace) }
      guard open < text.count else {
        chunks.append(.text(String(scalars: literal)))
        return chunks
      }
      let kind = text[open + 1]
      let mark = open + 2 < text.count ? text[open + 2] : " "
      if mark == "-" {
        while literal.last?.properties.isWhitespace == true { literal.removeLast() }
      } else if kind != "{", mark != "+" {
        // lstrip_blocks: nothing but spaces stands before the block on its line.
        let blank = literal.reversed().prefix { $0 == " " || $0 == "\t" }.count
        let lineStart = literal.dropLast(blank)
        if lineStart.last == "\n" || lineStart.isEmpty && (start == 0 || text[start - 1] == "\n") {
          literal = lineStart
        }
      }
      chunks.append(.text(String(scalars: literal)))
      position = open + 2 + (mark == "-" || mark == "+" ? 1 : 0)
      let closing = kind == "{" ? "}}" : kind == "%" ? "%}" : "#}"
      let tokens = kind == "#" ? skipComment() : try tokens(until: closing)
      stripsLeft = has("-", at: position)
      if stripsLeft || has("+", at: position) { position += 1 }
      guard has(closing, at: position) else {
        throw TemplateError(reason: "a \(closing) that is missing")
      }
      position += 2
      // trim_blocks: the line feed behind a block goes.
      if kind != "{", !stripsLeft, position < text.count, text[position] == "\n" { position += 1 }
      start = position
      if kind == "{" { chunks.append(.output(tokens)) }
      if kind == "%" { chunks.append(.statement(tokens)) }
    }
  }

  private mutating func skipComment() -> [TemplateToken] {
    while position < text.count, !has("#}", at: position), !has("-#}", at: position) {
      position += 1
    }
    return []
  }

  private mutating func tokens(until closing: String) throws(TemplateError) -> [TemplateToken] {
    var tokens = [TemplateToken]()
    var depth = 0
    while position < text.count {
      let scalar = text[position]
      if depth == 0, has(closing, at: position) || has("-" + closing, at: position) {
        return tokens
      }
      if scalar.properties.isWhitespace {
        position += 1
      } else if scalar == "'" || scalar == "\"" {
        tokens.append(.string(try string(scalar)))
      } else if ("0"..."9").contains(scalar) {
        tokens.append(try number())
      } else if scalar == "_" || scalar.properties.isAlphabetic {
        var name = ""
        while position < text.count,
          text[position] == "_" || text[position].properties.isAlphabetic
            || ("0"..."9").contains(text[position])
        {
          name.unicodeScalars.append(text[position])
          position += 1
        }
        tokens.append(.name(name))
      } else {
        let two = String(scalars: text[position..<min(position + 2, text.count)])
        let mark = ["==", "!=", "<=", ">=", "//", "**"].contains(two) ? two : String(scalar)
        if "([{".contains(mark) { depth += 1 }
        if ")]}".contains(mark) { depth -= 1 }
        tokens.append(.mark(mark))
        position += mark.unicodeScalars.count
      }
    }
    throw TemplateError(reason: "a \(closing) that is missing")
  }

  private mutating func number() throws(TemplateError) -> TemplateToken {
    var digits = ""
    while position < text.count,
      ("0"..."9").contains(text[position])
        || text[position] == "." && position + 1 < text.count
          && ("0"..."9").contains(text[position + 1])
    {
      digits.unicodeScalars.append(text[position])
      position += 1
    }
    if let value = Int(digits) { return .int(value) }
    if let value = Double(digits) { return .double(value) }
    throw TemplateError(reason: "the number \(digits)")
  }

  private mutating func string(_ quote: Unicode.Scalar) throws(TemplateError) -> String {
    position += 1
    var result = String.UnicodeScalarView()
    while position < text.count, text[position] != quote {
      if text[position] == "\\", position + 1 < text.count {
        position += 1
        switch text[position] {
        case "n": result.append("\n")
        case "t": result.append("\t")
        case "r": result.append("\r")
        case "\\", "'", "\"": result.append(text[position])
        case "u":
          let digits = String(scalars: text[min(position + 1, text.count)...].prefix(4))
          guard let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) else {
            throw TemplateError(reason: "the escape \\u\(digits)")
          }
          result.append(scalar)
          position += 4
        default:
          result.append("\\")
          result.append(text[position])
        }
      } else {
        result.append(text[position])
      }
      position += 1
    }
    guard position < text.count else { throw TemplateError(reason: "a string without end") }
    position += 1
    return String(result)
  }
}
