import Basics
import Codecs
import Foundation
import TestSupport
import Testing
import Tokenizers

@Suite("Chat templates against transformers")
struct ChatTemplateTests {
  @Test("the same text, or an error where transformers has one")
  func golden() throws {
    let url = try #require(
      Bundle.module.url(forResource: "chat", withExtension: "json", subdirectory: "Fixtures"))
    let root = try JSONValue(parsing: Array(try Data(contentsOf: url)))
    let config = JSONValue.object([
      JSONMember(key: "bos_token", value: .string("<s>")),
      JSONMember(
        key: "eos_token", value: .object([JSONMember(key: "content", value: .string("</s>"))])),
    ])
    var differences = [String]()
    let cases = try #require(root["cases"]?.array)
    #expect(cases.count > 200)
    for golden in cases {
      let name = try #require(golden["template"]?.string)
      let source = try #require(root["templates"]?[name]?.string)
      let template = try ChatTemplate(source, config: config, name: name)
      var extra = [String: JSONValue]()
      for member in golden["extra"]?.members ?? [] { extra[member.key] = member.value }
      let messages = try #require(golden["messages"])
      let expected = golden["text"]?.string
      let text: String?
      do {
        text = try template.render(
          messages, addGenerationPrompt: golden["prompt"]?.bool ?? false, extra: extra)
      } catch {
        text = nil
        if expected != nil { differences.append("\(name): \(error)") }
      }
      if let text, text.utf8.elementsEqual((expected ?? "").utf8), expected != nil { continue }
      if text == nil, expected == nil { continue }
      differences.append(
        "\(name): \(text?.debugDescription ?? "error")\n  transformers: "
          + (expected?.debugDescription ?? "error"))
    }
    let few = differences.prefix(4).joined(separator: "\n")
    #expect(differences.isEmpty, "\(differences.count) of \(cases.count):\n\(few)")
  }

  @Test(
    "a template that cannot be rendered is an error",
    arguments: [
      "{{ x", "{% for x in y %}", "{% if %}{% endif %}", "{% include 'x' %}", "{{ nonsense(1) }}",
      "{{ 1 | nonsense }}", "{% set x.y = 3 %}", "{{ strftime_now('%Y') }}", "{{ 1 is odd2 }}",
      "{% for a in range(1000000) %}{% for b in range(1000000) %}{% endfor %}{% endfor %}",
      "{{ range(1e300) }}", "{{ range(0, 9, 0) }}", "{{ 'abc'[::0] }}",
      "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
      "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    ])
  func broken(_ source: String) {
    let error = #expect(throws: InputError.self) {
      try ChatTemplate(source).render(.array([]))
    }
    #expect(error?.kind == .badData)
  }

  @Test("a model without a template is kind missing")
  func missing() throws {
    let error = #expect(throws: InputError.self) {
      try ChatTemplate(directory: Repository.demoModel)
    }
    #expect(error?.kind == .missing)
  }
}
