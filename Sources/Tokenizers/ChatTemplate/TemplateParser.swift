/// Reads the chunks of a template into its syntax tree.
struct TemplateParser {
  private var chunks: ArraySlice<TemplateChunk>

  static func parse(_ template: String) throws(TemplateError) -> [TemplateNode] {
    var parser = TemplateParser(chunks: try TemplateLexer.chunks(of: template)[...])
    let (nodes, end) = try parser.block(until: [])
    guard end == nil else { throw TemplateError(reason: "a block that was never opened") }
    return nodes
  }

  private init(chunks: ArraySlice<TemplateChunk>) {
    self.chunks = chunks
  }

  /// Nodes up to a statement whose first word is in `words`; that statement's tokens come along.
  private mutating func block(until words: Set<String>) throws(TemplateError)
    -> ([TemplateNode], ExpressionParser?)
  {
    var nodes = [TemplateNode]()
    while let chunk = chunks.popFirst() {
      switch chunk {
      case .text(let text): if !text.isEmpty { nodes.append(.text(text)) }
      case .output(let tokens):
        var parser = ExpressionParser(tokens)
        nodes.append(.output(try parser.whole()))
      case .statement(let tokens):
        var parser = ExpressionParser(tokens)
        let word = try parser.name()
        if words.contains(word) { return (nodes, ExpressionParser(tokens)) }
        try statement(word, &parser, into: &nodes)
      }
    }
    guard words.isEmpty else {
      throw TemplateError(reason: "no \(words.sorted().joined(separator: " or "))")
    }
    return (nodes, nil)
  }

  private mutating func statement(
    _ word: String, _ parser: inout ExpressionParser, into nodes: inout [TemplateNode]
  ) throws(TemplateError) {
    switch word {
    case "set":
      let target = try parser.target()
      if parser.take("=") {
        nodes.append(.set(target, try parser.whole()))
      } else {
        nodes.append(.setBlock(target, try block(until: ["endset"]).0))
      }
    case "if": nodes.append(try condition(&parser))
    case "for":
      var names = [try parser.name()]
      while parser.take(",") { names.append(try parser.name()) }
      guard parser.takeName("in") else { throw TemplateError(reason: "a for without in") }
      let items = try parser.withoutCondition()
      let filter = parser.takeName("if") ? try parser.expression() : nil
      let (body, last) = try block(until: ["endfor", "else"])
      var end = last
      var otherwise = [TemplateNode]()
      if try end?.name() == "else" { otherwise = try block(until: ["endfor"]).0 }
      nodes.append(.loop(names, items, filter: filter, body, otherwise: otherwise))
    case "macro":
      let name = try parser.name()
      var parameters: [(name: String, value: TemplateExpression?)] = []
      guard parser.take("(") else { throw TemplateError(reason: "a macro without parameters") }
      while !parser.take(")") {
        let parameter = try parser.name()
        parameters.append((parameter, parser.take("=") ? try parser.expression() : nil))
        _ = parser.take(",")
      }
      nodes.append(.macro(name, parameters, try block(until: ["endmacro"]).0))
    case "generation": nodes += try block(until: ["endgeneration"]).0
    case "break": nodes.append(.leave)
    case "continue": nodes.append(.proceed)
    default: throw TemplateError(reason: "the statement \(word)")
    }
  }

  private mutating func condition(_ parser: inout ExpressionParser) throws(TemplateError)
    -> TemplateNode
  {
    var branches: [(test: TemplateExpression, body: [TemplateNode])] = []
    var test = try parser.whole()
    while true {
      let (body, end) = try block(until: ["elif", "else", "endif"])
      branches.append((test, body))
      guard var end else { throw TemplateError(reason: "no endif") }
      switch try end.name() {
      case "elif": test = try end.whole()
      case "else":
        return .condition(branches, otherwise: try block(until: ["endif"]).0)
      default: return .condition(branches, otherwise: [])
      }
    }
  }
}
