/// One text of a corpus, and where it came from.
public struct Document: Sendable, Equatable {
  /// Its place in the source file, from 1: the line of a JSONL file, the page of a dump.
  public var row: Int
  /// The page id or row id that the source gives it; empty where it gives none.
  public var id: String
  /// Its title; empty where the source gives none.
  public var title: String
  /// The text.
  public var text: String

  /// Creates a document.
  public init(row: Int, id: String = "", title: String = "", text: String) {
    self.row = row
    self.id = id
    self.title = title
    self.text = text
  }
}
