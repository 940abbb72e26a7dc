import Analysis

/// How a checkpoint is loaded: what each loader makes of it, and a few lines for those that take it.
struct CardLoading {
  let facts: CardFacts
  let name: String
  let loaders: [LoaderReport]
  let words: CardWords

  /// The section; empty where nothing is known of loaders.
  var text: String {
    guard !loaders.isEmpty else { return "" }
    let audit = AuditWords(language: words.language)
    var parts = [
      CardMarkup.table(
        words.loaderColumns,
        loaders.map { loader in
          let family = self.family(loader.loader)
          let loads = loader.loads && !(family?.refuses ?? false)
          let notes = [family?.note, loader.loads ? nil : audit.why(loader)].compactMap { $0 }
          return [
            .text(loader.loader), .text(words.isLoaded(loads)),
            .text(notes.joined(separator: words.pick("; ", "；"))),
          ]
        })
    ]
    if isLoaded("transformers") {
      parts.append(
        CardMarkup.code(
          """
          # pip install transformers accelerate optimum gptqmodel
          \(facts.hasExperts ? "import defuser\n" : "")\
          from transformers import AutoModelForCausalLM, AutoTokenizer
          \(facts.hasExperts ? "\ndefuser.replace_fused_blocks(\"\(facts.modelType)\")" : "")
          tokenizer = AutoTokenizer.from_pretrained(\(quoted))
          model = AutoModelForCausalLM.from_pretrained(\(quoted), device_map="auto")
          """, "python"))
    }
    if isLoaded("GPTQModel") {
      parts.append(
        CardMarkup.code(
          """
          # pip install gptqmodel
          from gptqmodel import GPTQModel

          model = GPTQModel.load(\(quoted))
          """, "python"))
    }
    if isLoaded("vLLM (Marlin)") || isLoaded("vLLM (gptq)") {
      parts.append(CardMarkup.code("vllm serve \(name.contains(" ") ? quoted : name)", "sh"))
    }
    parts.append(words.loadingNote(facts.making != nil))
    return parts.joined(separator: "\n\n")
  }

  private var quoted: String { name.jsonQuoted }

  private func isLoaded(_ loader: String) -> Bool {
    loaders.contains { $0.loader == loader && $0.loads } && !(family(loader)?.refuses ?? false)
  }

  /// What settings and shapes do not tell, and docs/interoperability.md found out for a family.
  private func family(_ loader: String) -> (refuses: Bool, note: String)? {
    let isOfNames = facts.making?.names
    switch (facts.modelType, loader) {
    case ("plamo3", _):
      return (true, words.pick("does not know plamo3", "plamo3 に対応していません"))
    case ("gpt_oss", "transformers"), ("gpt_oss", "GPTQModel"):
      return (
        true, words.pick("reads other weights than were meant", "意図した重みとして読み込まれません")
      )
    case ("qwen2_moe", "transformers"):
      return (
        true, words.pick("fails at shared_expert_gate", "shared_expert_gate で失敗します")
      )
    case ("mixtral", "GPTQModel") where isOfNames == "published",
      ("phi3", "GPTQModel") where isOfNames == "published":
      return (
        true,
        words.pick(
          "expects the names that `--names gptqmodel` writes", "`--names gptqmodel` の名前だけを読み込みます")
      )
    case ("phi3", "transformers") where isOfNames == "gptqmodel":
      return (true, words.pick("expects the published names", "公開時の名前だけを読み込みます"))
    case (_, "transformers") where facts.hasExperts:
      return (
        false,
        words.pick(
          "after defuser.replace_fused_blocks alone: without it experts get random weights",
          "defuser.replace_fused_blocks の後に限ります（なしではエキスパートの重みが乱数になります）")
      )
    default: return nil
    }
  }
}
