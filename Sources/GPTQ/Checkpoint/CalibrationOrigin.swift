/// Where a calibration set's texts came from, as `tenbin.json` keeps it. No path of the machine is in
/// it: a file is known by its name and its hash.
public struct CalibrationOrigin: Sendable, Codable, Equatable {
  /// One file.
  public struct Source: Sendable, Codable, Equatable {
    /// Its name; of a dataset on the Hub `org/name@commit/path`.
    public var name: String
    /// SHA-256 of the bytes that were read.
    public var sha256: String
    /// How many bytes those are, from the file's start.
    public var bytesRead: Int
    /// Whether they are the whole file.
    public var isWhole: Bool
    /// Documents of it that are in the set.
    public var documents: Int
    /// The first and the last row of them, from 1; nil where none of its documents is in the set.
    public var firstRow: Int?
    /// The last row.
    public var lastRow: Int?

    /// A file of that name, of which so much was read.
    public init(name: String, sha256: String, bytesRead: Int, isWhole: Bool, documents: Int = 0) {
      self.name = name
      self.sha256 = sha256
      self.bytesRead = bytesRead
      self.isWhole = isWhole
      self.documents = documents
    }

    enum CodingKeys: String, CodingKey {
      case name, sha256, documents
      case bytesRead = "bytes_read"
      case isWhole = "is_whole"
      case firstRow = "first_row"
      case lastRow = "last_row"
    }
  }

  /// The files, in the order in which they were read.
  public var sources: [Source]
  /// Which documents were taken, such as `first:1000`.
  public var take: String
  /// How markup was removed: `wiki`, `none`, or empty: `wiki` of dumps alone.
  public var clean: String
  /// How characters were normalised.
  public var normalize: String
  /// How samples were laid out in windows: `packed`, `document` or `window`.
  public var layout: String
  /// Tokens of a window at most; nil: documents as long as they are.
  public var maxSeqLength: Int?
  /// SHA-256 of the tokenizer.json that made its tokens.
  public var tokenizerHash: String
  /// What `tenbin calib build` takes to make it again, --output aside; MODEL stands for the model.
  public var build: [String]

  /// Says nothing but its files.
  public init(sources: [Source] = []) {
    self.sources = sources
    (take, clean, normalize, layout, tokenizerHash) = ("", "", "", "", "")
    build = []
  }

  /// The word of `build` in whose place the model's name goes.
  public static let model = "MODEL"

  enum CodingKeys: String, CodingKey {
    case sources, take, clean, normalize, layout, build
    case maxSeqLength = "max_seq_length"
    case tokenizerHash = "tokenizer_hash"
  }
}
