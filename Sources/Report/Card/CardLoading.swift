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
          let loads = loader.loads && family == nil
          let notes = [family, loader.loads ? nil : audit.why(loader)].compactMap { $0 }
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
          from transformers import AutoModelForCausalLM, AutoTokenizer

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
    loaders.contains { $0.loader == loader && $0.loads } && family(loader) == nil
  }

  /// Why a loader does not do with a family what its rules say, as docs/interoperability.md found out;
  /// nil where it does.
  private func family(_ loader: String) -> String? {
    let isOfNames = facts.making?.names
    switch (facts.modelType, loader) {
    case ("gpt_oss", "GPTQModel"):
      return words.pick("reads other weights than were meant", "意図した重みとして読み込まれません")
    case ("mixtral", "GPTQModel") where isOfNames == "published",
      ("phi3", "GPTQModel") where isOfNames == "published":
      return words.pick(
        "expects the names that --names gptqmodel writes", "--names gptqmodel の名前だけを読み込みます")
    case ("phi3", "transformers") where isOfNames == "gptqmodel":
      return words.pick("expects the published names", "公開時の名前だけを読み込みます")
    default: return nil
    }
  }
}
