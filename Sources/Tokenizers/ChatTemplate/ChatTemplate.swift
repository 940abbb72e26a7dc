import Basics
import Codecs
import Foundation

/// A model's chat template: messages in, the prompt as transformers renders it out. Supports the
/// part of Jinja that the templates of Llama, Qwen, Mistral and llm-jp models use.
public struct ChatTemplate: Sendable {
  private let nodes: [TemplateNode]
  private let variables: [String: TemplateValue]
  private let name: String

  /// Reads `chat_template.jinja`, or the `chat_template` of tokenizer_config.json, in a model's
  /// folder; special tokens come from tokenizer_config.json. `option` is what asks for it on a command
  /// line.
  public init(
    directory: URL, option: String = "--chat-template"
  ) throws(InputError) {
    let configURL = directory.appendingPathComponent("tokenizer_config.json")
    let file = directory.appendingPathComponent("chat_template.jinja")
    let asked = "read the chat template of \(directory.path)"
    let config = try Self.config(configURL, asked: asked)
    var source: String?
    if let data = try InputFile.dataIfThere(file, asked: asked) {
      source = try TextDecoding.text(of: data, asked: "read the chat template \(file.path)")
    } else {
      source = config?["chat_template"]?.string
      // Several named templates: the one that is used without a name.
      for entry in config?["chat_template"]?.array ?? []
      where entry["name"]?.string == "default" {
        source = entry["template"]?.string
      }
    }
    guard let source else {
      throw InputError(
        .missing, asked: asked,
        found: "no chat_template.jinja, and no chat_template in tokenizer_config.json",
        hint: "leave \(option) out for models without one")
    }
    try self.init(source, config: config, name: directory.path)
  }

  /// The tokenizer_config.json at `url`; nil where there is none.
  private static func config(_ url: URL, asked: String) throws(InputError) -> JSONValue? {
    guard let data = try InputFile.dataIfThere(url, asked: asked) else { return nil }
    return try JSONValue(
      text: data, name: url.path, hint: "fetch the file again, as its model came with it")
  }

  /// Reads a template; `config` is a tokenizer_config.json, `name` what errors call the template.
  public init(_ source: String, config: JSONValue? = nil, name: String = "the chat template")
    throws(InputError)
  {
    self.name = name
    do {
      nodes = try TemplateParser.parse(source)
    } catch {
      throw Self.failure(name, error)
    }
    var variables = [String: TemplateValue]()
    for key in ["bos_token", "eos_token", "unk_token", "pad_token"] {
      if let text = config?[key]?.string ?? config?[key]?["content"]?.string {
        variables[key] = .string(text)
      }
    }
    self.variables = variables
  }

  private static func failure(_ name: String, _ error: TemplateError) -> InputError {
    InputError(
      .badData, asked: "render the chat template of \(name)", found: error.reason,
      hint: "check the messages, or give rows with a rendered text instead")
  }

  /// The prompt of `messages`, a JSON array of objects with `role` and `content`. `extra` are
  /// further variables, such as `tools` or `enable_thinking`.
  public func render(
    _ messages: JSONValue, addGenerationPrompt: Bool = false, extra: [String: JSONValue] = [:]
  ) throws(InputError) -> String {
    var variables = self.variables
    variables["messages"] = TemplateValue(messages)
    variables["add_generation_prompt"] = .bool(addGenerationPrompt)
    variables["tools"] = .null
    variables["documents"] = .null
    for (key, value) in extra { variables[key] = TemplateValue(value) }
    var interpreter = TemplateInterpreter(variables: variables)
    do {
      return try interpreter.render(nodes)
    } catch {
      throw Self.failure(name, error)
    }
  }
}
