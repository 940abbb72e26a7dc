/// The syntax tree of a template.
indirect enum TemplateNode: Sendable {
  case text(String)
  case output(TemplateExpression)
  case set(TemplateTarget, TemplateExpression)
  case setBlock(TemplateTarget, [TemplateNode])
  case condition([(test: TemplateExpression, body: [TemplateNode])], otherwise: [TemplateNode])
  case loop(
    [String], TemplateExpression, filter: TemplateExpression?, [TemplateNode],
    otherwise: [TemplateNode])
  case macro(String, [(name: String, value: TemplateExpression?)], [TemplateNode])
  case leave
  case proceed
}

/// What `set` sets.
enum TemplateTarget: Sendable {
  case name(String)
  case names([String])
  case attribute(String, String)
}

/// An expression of a template.
indirect enum TemplateExpression: Sendable {
  case value(TemplateValue)
  case name(String)
  case list([TemplateExpression])
  case dictionary([(TemplateExpression, TemplateExpression)])
  case attribute(TemplateExpression, String)
  case item(TemplateExpression, TemplateExpression)
  case slice(TemplateExpression, TemplateExpression?, TemplateExpression?, TemplateExpression?)
  case call(TemplateExpression, [TemplateArgument])
  case filter(TemplateExpression, String, [TemplateArgument])
  case test(TemplateExpression, String, [TemplateArgument], negated: Bool)
  case unary(String, TemplateExpression)
  case binary(String, TemplateExpression, TemplateExpression)
  case conditional(TemplateExpression, test: TemplateExpression, otherwise: TemplateExpression?)
}

/// An argument of a call, by place or by name.
struct TemplateArgument: Sendable {
  var name: String?
  var value: TemplateExpression
}
