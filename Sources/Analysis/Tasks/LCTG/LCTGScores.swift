/// LCTG-Bench's scores by rule, from outputs that are there already: how often a text keeps to what was
/// asked of its length, its words and its form.
public struct LCTGScores: Sendable {
  /// What was asked of a text.
  public enum Aspect: String, Sendable, CaseIterable {
    /// Nothing before and behind what was asked for.
    case format
    /// The number of characters.
    case charCount = "char_count"
    /// A word that must occur.
    case keyword
    /// A word that must not.
    case prohibitedWord = "prohibited_word"
  }

  /// What one text must keep to.
  public enum Condition: Sendable, Equatable {
    /// The bare text is nearly the whole output.
    case bare
    /// So many characters, counted as Python does: Unicode scalars.
    case length(ClosedRange<Int>)
    /// The word occurs, scalar by scalar.
    case contains(String)
    /// It does not.
    case lacks(String)

    /// Whether `output` keeps to it, of which `bare` is what is left without an introduction and a
    /// closing remark. No output does whose bare text could not be had (`Invalid Error`).
    public func holds(_ output: String, bare: String) -> Bool {
      guard !PythonText.equal(bare, "Invalid Error") else { return false }
      switch self {
      case .bare: return Self.isNearlyWhole(bare, of: output)
      case .length(let range): return range.contains(bare.unicodeScalars.count)
      case .contains(let word): return Self.contains(bare, word)
      case .lacks(let word): return !Self.contains(bare, word)
      }
    }

    /// Whether both begin and end with the same ten characters, without spaces, tabs and line feeds; of
    /// ten characters or fewer, whether they are the same.
    private static func isNearlyWhole(_ bare: String, of output: String) -> Bool {
      let blanks: Set<Unicode.Scalar> = [" ", "\u{3000}", "\n", "\t"]
      let (a, b) = (
        output.unicodeScalars.filter { !blanks.contains($0) },
        bare.unicodeScalars.filter { !blanks.contains($0) }
      )
      guard b.count > 10 else { return a.elementsEqual(b) }
      return a.prefix(10).elementsEqual(b.prefix(10)) && a.suffix(10).elementsEqual(b.suffix(10))
    }

    private static func contains(_ text: String, _ word: String) -> Bool {
      let (bytes, part) = (Array(text.utf8), Array(word.utf8))
      guard !part.isEmpty else { return true }
      guard bytes.count >= part.count else { return false }
      return (0...bytes.count - part.count).contains {
        bytes[$0..<$0 + part.count].elementsEqual(part)
      }
    }
  }

  /// The scores of one aspect.
  public struct Row: Sendable {
    /// The aspect.
    public let aspect: Aspect
    /// The share of outputs that keep to it, with its error over the prompts.
    public let score: TaskScore
    /// Outputs of each prompt.
    public let iterations: Int
    /// Whether the bare texts were there; else the whole outputs were scored.
    public let isBare: Bool
  }

  /// The file's stem.
  public let name: String
  /// Prompts that have outputs.
  public let prompts: Int
  /// Prompts of the file of prompts that have none, and are not counted.
  public let unanswered: Int
  /// A row for each aspect that the outputs have, in their order.
  public let rows: [Row]

  /// The mean of the four aspects; nil where one is missing.
  public var mean: Double? {
    guard rows.count == Aspect.allCases.count else { return nil }
    return rows.reduce(0) { $0 + $1.score.value } / Double(rows.count)
  }
}
