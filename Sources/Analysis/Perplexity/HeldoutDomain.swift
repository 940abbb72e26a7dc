/// Held-out text, tokenized and cut into windows.
public struct HeldoutDomain: Sendable {
  /// The file's stem.
  public let name: String
  /// Windows of the `blocks` convention; tokens 2..N of each are scored.
  public let windows: [[Int32]]
  /// Unicode scalars of the text that the scored tokens cover.
  public let characters: Int

  /// A domain called `name`.
  public init(name: String, windows: [[Int32]], characters: Int) {
    self.name = name
    self.windows = windows
    self.characters = characters
  }
}
