import Basics

/// What a normaliser changes, counted by what it replaces with what.
public struct NormalizationDiff: Sendable {
  /// One replacement.
  public struct Change: Sendable, Hashable {
    /// The scalars before.
    public var from: [Unicode.Scalar]
    /// The scalars after; empty where they are deleted.
    public var to: [Unicode.Scalar]
  }

  /// How often each replacement happens.
  public private(set) var counts: [Change: Int] = [:]
  /// Texts looked at, and those with any change.
  public private(set) var documents = 0
  /// Texts with any change.
  public private(set) var changedDocuments = 0

  /// A report on nothing.
  public init() {}

  /// What the recipe's normaliser changes in the documents that the recipe takes.
  public init(_ recipe: CalibrationRecipe) throws(InputError) {
    var raw = recipe
    raw.normalize = .none
    var corpus = try CorpusReader(raw, for: .build)
    try corpus.read { candidate throws(InputError) in
      add(candidate.document.text, recipe.normalize.normalize(candidate.document.text))
    }
  }

  /// Compares a text before and after.
  public mutating func add(_ before: String, _ after: String) {
    documents += 1
    if before.utf8.elementsEqual(after.utf8) { return }
    changedDocuments += 1
    let old = Array(before.unicodeScalars)
    let new = Array(after.unicodeScalars)
    var left = 0
    var right = 0
    while left < old.count || right < new.count {
      if left < old.count, right < new.count, old[left] == new[right] {
        left += 1
        right += 1
        continue
      }
      let (removed, inserted) = Self.resynchronise(old[left...], new[right...])
      let change = Change(
        from: Array(old[left..<left + removed]), to: Array(new[right..<right + inserted]))
      counts[change, default: 0] += 1
      left += removed
      right += inserted
    }
  }

  /// The shortest change behind which two scalars agree again.
  private static func resynchronise(
    _ old: ArraySlice<Unicode.Scalar>, _ new: ArraySlice<Unicode.Scalar>
  ) -> (Int, Int) {
    for length in 1...32 {
      for removed in stride(from: min(length, old.count), through: 0, by: -1) {
        let inserted = length - removed
        guard inserted <= new.count else { continue }
        let oldRest = old.dropFirst(removed).prefix(2)
        let newRest = new.dropFirst(inserted).prefix(2)
        let agrees = oldRest.elementsEqual(newRest)
        if agrees, !oldRest.isEmpty || removed == old.count && inserted == new.count {
          return (removed, inserted)
        }
      }
    }
    return (old.count, new.count)
  }

  /// The replacements, the most frequent first.
  public var ranking: [(change: Change, count: Int)] {
    counts.map { ($0.key, $0.value) }.sorted {
      ($1.1, $0.0.from.map(\.value).description) < ($0.1, $1.0.from.map(\.value).description)
    }
  }
}
