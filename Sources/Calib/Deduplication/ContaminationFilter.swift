import Basics
import Codecs
import Foundation

/// Recognises texts that share 13 letters in a row with an evaluation set (after NFKC, without
/// white space, punctuation and symbols).
struct ContaminationFilter {
  static let gramLength = 13
  private var grams: Set<UInt64> = []

  /// Takes in the texts of `files`: every string in the rows of a JSONL file, whole texts of others.
  init(_ files: [String]) throws(InputError) {
    for name in files {
      let source = try SourceFile(name)
      guard source.format == .jsonl else {
        _ = try source.read(
          onBadRow: { error throws(InputError) in throw error },
          { document throws(InputError) in
            insert(document.text)
            return true
          })
        continue
      }
      let file = try FileByteStream(source.url, name: name)
      let stream = try TextStream(
        CompressedStream.open(file, name: name), asked: "read \(name) as JSONL")
      var lines = LineReader(stream, name: name)
      while let line = try lines.next() {
        guard let value = try? JSONValue(parsing: line) else {
          throw InputError(
            .badData, asked: "read \(name):\(lines.count)", found: "no JSON",
            hint: "fix the line of the --exclude file")
        }
        insert(value)
      }
    }
  }

  private mutating func insert(_ value: JSONValue) {
    switch value {
    case .string(let text): insert(text)
    case .array(let values): for value in values { insert(value) }
    case .object(let members): for member in members { insert(member.value) }
    default: break
    }
  }

  private mutating func insert(_ text: String) {
    let letters = Self.letters(of: text)
    guard letters.count >= Self.gramLength else { return }
    grams.formUnion(CharacterGrams.hashes(of: letters, length: Self.gramLength))
  }

  private static func letters(of text: String) -> [Unicode.Scalar] {
    UnicodeForm.nfkc.normalize(text).unicodeScalars.filter {
      $0.properties.isAlphabetic || $0.properties.numericType != nil
    }
  }

  /// Whether `text` shares a run with the evaluation set.
  func isContaminated(_ text: String) -> Bool {
    if grams.isEmpty { return false }
    let letters = Self.letters(of: text)
    guard letters.count >= Self.gramLength else { return false }
    return CharacterGrams.hashes(of: letters, length: Self.gramLength).contains(
      where: grams.contains)
  }
}
