import Basics

/// Which documents of the sources are taken.
public enum SampleSelection: Sendable, Codable, Equatable {
  /// The first N, in the order of the files.
  case first(Int)
  /// N at random, each with the same probability.
  case random(Int)
  /// N at random, as many of each length and script as their share of the corpus.
  case stratified(Int)

  /// Reads `first:1000`, `random:1000` or `stratified:1000`.
  public init(_ text: String) throws(InputError) {
    let parts = text.split(separator: ":", maxSplits: 1)
    let count = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
    switch parts.first {
    case "first" where count > 0: self = .first(count)
    case "random" where count > 0: self = .random(count)
    case "stratified" where count > 0: self = .stratified(count)
    default:
      throw InputError(
        .usage, asked: "take \(text)",
        found: "allowed are first:N, random:N and stratified:N with N above 0",
        hint: "for example --take first:1000")
    }
  }

  /// The text that `init(_:)` reads.
  public var text: String {
    switch self {
    case .first(let count): "first:\(count)"
    case .random(let count): "random:\(count)"
    case .stratified(let count): "stratified:\(count)"
    }
  }

  /// How many documents are wanted.
  public var count: Int {
    switch self {
    case .first(let count), .random(let count), .stratified(let count): count
    }
  }

  /// The same way of taking, for another number of documents.
  func withCount(_ count: Int) -> SampleSelection {
    switch self {
    case .first: .first(count)
    case .random: .random(count)
    case .stratified: .stratified(count)
    }
  }

  /// Reads the text form.
  public init(from decoder: any Decoder) throws {
    try self.init(try decoder.singleValueContainer().decode(String.self))
  }

  /// Writes the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
