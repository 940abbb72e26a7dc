/// Where the calibration texts came from: what a model card must say of them.
public struct CalibrationProvenance: Sendable, Equatable {
  /// One corpus.
  public struct Source: Sendable, Equatable {
    /// Its name; a Hugging Face dataset as `owner/name`.
    public var name: String
    /// Its revision or dump date.
    public var revision: String
    /// Its licence.
    public var license: String
    /// The rows taken, as `first:1000` or `0..<1000`.
    public var rows: String
    /// SHA-256 of the file read.
    public var sha256: String

    /// A source; what is not known stays empty and is left out of the card.
    public init(
      name: String, revision: String = "", license: String = "", rows: String = "",
      sha256: String = ""
    ) {
      self.name = name
      self.revision = revision
      self.license = license
      self.rows = rows
      self.sha256 = sha256
    }
  }

  /// The corpora, in order.
  public var sources: [Source]
  /// How texts were cleaned and normalised, as on the command line: `--clean wiki --normalize nfkc`.
  public var processing: String
  /// How samples were laid out in windows: `packed`, `document` or `window`.
  public var layout: String
  /// Tokens of a window; 0 where unknown.
  public var maxSeqLength: Int

  /// A provenance; what is not known stays empty and is left out of the card.
  public init(
    sources: [Source] = [], processing: String = "", layout: String = "", maxSeqLength: Int = 0
  ) {
    self.sources = sources
    self.processing = processing
    self.layout = layout
    self.maxSeqLength = maxSeqLength
  }
}
