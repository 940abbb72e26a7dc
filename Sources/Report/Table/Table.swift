/// Rows of typed cells that any `--format` can print: rounded for people (`table`, `markdown`), in
/// full for programs (`json`, `csv`).
public struct Table: Sendable {
  /// One column.
  public struct Column: Sendable {
    /// Its name for programs: snake_case, with the unit in it.
    public let key: String
    /// Its heading for people.
    public let title: String
    /// How early it is left out where there is no room: the highest first, 0 never.
    public let rank: Int

    /// A column named `key`, headed `title` (`key` itself where none is given).
    public init(_ key: String, title: String? = nil, rank: Int = 1) {
      self.key = key
      self.title = title ?? key
      self.rank = rank
    }
  }

  /// How a number is rounded for people.
  public enum Precision: Sendable, Equatable {
    /// So many significant digits.
    case significant(Int)
    /// So many decimals.
    case decimals(Int)
  }

  /// One cell.
  public enum Cell: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case flag(Bool)
    /// A number, its unit for people ("s", "dB"; the key names it for programs), its rounding.
    case number(Double, unit: String = "", Precision = .significant(4))
    /// A number and its standard error; programs read the latter as `<key>_stderr`.
    case estimate(Double, stderr: Double)
    case missing
  }

  /// The columns, in order.
  public let columns: [Column]
  /// The rows; a short row ends in missing cells.
  public let rows: [[Cell]]

  /// A table of `rows`; cells beyond the columns are dropped.
  public init(columns: [Column], rows: [[Cell]]) {
    self.columns = columns
    self.rows = rows.map { row in
      Array(row.prefix(columns.count))
        + Array(repeating: .missing, count: max(0, columns.count - row.count))
    }
  }

  /// The whole table in `format`, ending in a line feed.
  public func render(as format: OutputFormat) -> String {
    switch format {
    case .table: alignedText()
    case .markdown: markdownText()
    case .csv: csvText()
    case .json: jsonText()
    }
  }
}
