/// Tokens of one document inside a window.
public struct TokenSpan: Sendable, Equatable {
  /// The document's index in the set.
  public var document: Int
  /// The first of these tokens, counted within the document.
  public var documentStart: Int
  /// The first of them, counted within the window.
  public var start: Int
  /// How many there are.
  public var count: Int

  /// `count` tokens of a document, from `documentStart` on there and from `start` on in the window.
  public init(document: Int, documentStart: Int, start: Int, count: Int) {
    self.document = document
    self.documentStart = documentStart
    self.start = start
    self.count = count
  }
}
