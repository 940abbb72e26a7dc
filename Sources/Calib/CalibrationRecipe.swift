import Basics
import Foundation

/// Everything that decides what is in a calibration set: the same recipe and the same files give
/// the same bytes.
public struct CalibrationRecipe: Sendable, Codable, Equatable {
  /// The corpus files, as the user named them; those of a dataset on the Hub as `org/name@commit/path`.
  public var sources: [String]
  /// The model folder whose tokenizer.json is used, as the user named it; a model on the Hub as
  /// `org/name@commit`.
  public var tokenizer: String
  /// Which documents are taken.
  public var take = SampleSelection.first(1000)
  /// The member of a JSON object that holds the text.
  public var textField = "text"
  /// How markup is removed; nil: `wiki` for dumps, `none` for everything else.
  public var clean: Cleaning?
  /// How characters are normalised.
  public var normalize = Normalization.none
  /// How tokens become samples.
  public var layout = SampleLayout.packed
  /// The length of a sample, in tokens; nil: 2048, or whole documents in the document layout.
  public var maxSeqLength: Int?
  /// Whether rows that cannot be read are dropped instead of ending the build.
  public var skipBad = false
  /// Shares of the sources among the documents; empty: the sources are read one after the other.
  public var mix: [Double] = []
  /// The seed of whatever is drawn.
  public var seed = 0
  /// How duplicates are found; the first of them stays.
  public var dedup = Deduplication.none
  /// Evaluation files; documents that share a run of 13 letters with them are left out.
  public var exclude: [String] = []
  /// Rules that every document is judged by.
  public var filters: FilterPreset?
  /// Whether rows are conversations (`messages`) that the model's chat template renders.
  public var chatTemplate = false
  /// Whether documents that fail a rule are left out; otherwise they are only marked.
  public var dropFiltered = false

  /// The recipe of the defaults for `sources`.
  public init(sources: [String], tokenizer: String) {
    self.sources = sources
    self.tokenizer = tokenizer
  }

  /// The published recipe of nejumi's GPTQ models: the first 1,000 rows, one document per sample.
  public static func nejumiJA1K(sources: [String], tokenizer: String) -> CalibrationRecipe {
    var recipe = CalibrationRecipe(sources: sources, tokenizer: tokenizer)
    recipe.layout = .document
    return recipe
  }

  /// The folder with the tokenizer.
  public var tokenizerFolder: URL { HubCache().url(of: tokenizer, .model) }

  enum CodingKeys: String, CodingKey {
    case sources, tokenizer, take, clean, normalize, layout, mix, seed, dedup, exclude, filters
    case textField = "text_field"
    case maxSeqLength = "max_seq_length"
    case skipBad = "skip_bad"
    case dropFiltered = "drop_filtered"
    case chatTemplate = "chat_template"
  }

  /// The recipe as JSON with sorted keys.
  public func json() -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Reads a recipe back.
  public init(json: String) throws(InputError) {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
    } catch {
      throw InputError(
        .badData, asked: "read the recipe of a calibration set", found: "no recipe of this tenbin",
        hint: "build the set again: another version of tenbin wrote it")
    }
  }
}

/// How markup is removed from a text.
public enum Cleaning: String, Sendable, Codable, CaseIterable {
  case none
  /// Wikitext to running text.
  case wiki
}
