/// The pages' tables as HTML. A cell whose sort key is not what it
/// says carries that in `data-v`, in full precision.
enum TableMarkup {
  /// One cell: what is shown, what it sorts by, how it is styled.
  struct Cell {
    var html: String
    var key = ""
    var style = ""

    static func text(_ text: String, style: String = "") -> Cell {
      Cell(html: text.xmlEscaped, key: text, style: style)
    }

    /// A text of both languages; it sorts by the English.
    static func text(_ text: Bilingual, style: String = "") -> Cell {
      Cell(html: text.html, key: text.en, style: style)
    }

    static func number(_ shown: String, _ value: Double?) -> Cell {
      guard let value, !value.isNaN else { return Cell(html: NumberText.missing, style: "num") }
      return Cell(html: spaced(shown), key: sortKey(value), style: "num")
    }

    /// JavaScript reads `Infinity`, not `inf`.
    private static func sortKey(_ value: Double) -> String {
      value.isFinite ? NumberText.brief(value) : (value > 0 ? "Infinity" : "-Infinity")
    }

    /// The standard error stands back behind its value.
    private static func spaced(_ shown: String) -> String {
      let text = shown.xmlEscaped
      guard let sign = text.range(of: " ± "), !text.hasPrefix("(") else { return text }
      return "\(text[..<sign.lowerBound])<span class=\"dim\"> ± \(text[sign.upperBound...])</span>"
    }
  }

  /// A column: its heading, what it means, and whether its cells are numbers.
  struct Column {
    let title: Bilingual
    let help: Bilingual
    let isNumeric: Bool
    /// The columns of an exported CSV that hold its values; nil where none does.
    let source: CSVSource?
    /// What one of the printed number is: 0.001 of a column in thousandths.
    let unit: Double

    init(
      _ title: Bilingual, help: Bilingual = "", isNumeric: Bool = false, unit: Double = 1,
      source: CSVSource? = nil
    ) {
      self.unit = source?.unit ?? unit
      self.title = title
      self.help = help
      self.isNumeric = isNumeric || source != nil
      self.source = source
    }

    /// Its heading as markup.
    var html: String {
      let style = isNumeric ? " class=\"num\"" : ""
      let help = help.en.isEmpty ? "" : " \(help.attribute("title"))"
      let unit = unit == 1 ? "" : " data-unit=\"\(NumberText.shortest(unit))\""
      return
        "<th scope=\"col\"\(style)\(help)\(unit)\(source?.marks ?? "")><button type=\"button\">"
        + "\(title.html)</button></th>"
    }
  }

  /// Where `trials.csv`, `evaluations.csv` or `layers.csv` holds what a column prints. A reader finds
  /// all digits by it, and so does the test that holds a page against the files.
  struct CSVSource {
    /// The column, or the metric of evaluations.csv.
    let column: String
    /// The column of its standard error.
    var stderr = ""
    /// The domain, where it is a row of evaluations.csv.
    var domain = ""
    /// What one of the printed number is: 0.001 of a column in thousandths.
    var unit = 1.0
    /// Whether the first cell of a row is the domain.
    var isByDomain = false
    /// The trial, where rows are not trials but groups of tokens, as divergence.csv has them, or places
    /// of prompts, as next_tokens.csv has them.
    var trial = ""

    /// As attributes of a heading.
    fileprivate var marks: String {
      let marks: [(String, String)] = [
        ("csv", column), ("stderr", stderr), ("domain", domain),
        ("by", isByDomain ? "domain" : ""),
        ("trial", trial),
      ]
      return marks.map { name, text -> String in
        text.isEmpty ? "" : " data-\(name)=\"\(text.xmlEscaped)\""
      }.joined()
    }
  }

  /// A row.
  struct Row {
    var cells: [Cell]
    /// By which the rows below it name it.
    var id = ""
    /// The row that it stands below.
    var owner = ""
    /// What a filter finds it by, besides what it says.
    var search = ""
    /// The trial that it is about, as the CSVs name it: a number, or `base`.
    var trial = ""
    /// The group of tokens that it is about, as divergence.csv names it; or prompt, position and rank.
    var part = ""

    init(_ cells: [Cell]) { self.cells = cells }

    /// The row as markup.
    var html: String {
      // Typed, because GRDB, which Sweep brings along, joins strings into SQL where it may.
      let marks: [String] = [
        ("id", id), ("data-of", owner), ("data-s", search), ("data-trial", trial),
        ("data-part", part),
      ].map {
        $0.1.isEmpty ? "" : " \($0.0)=\"\($0.1.xmlEscaped)\""
      }
      let cells = cells.map { cell -> String in
        let style = cell.style.isEmpty ? "" : " class=\"\(cell.style)\""
        let key = cell.key.xmlEscaped
        return "<td\(style)\(key == cell.html ? "" : " data-v=\"\(key)\"")>\(cell.html)</td>"
      }
      return "<tr\(marks.joined())>\(cells.joined())</tr>"
    }
  }

  /// A table that sorts by its cells' keys, in a frame that scrolls.
  static func table(_ columns: [Column], _ rows: [Row]) -> String {
    let head = columns.map(\.html).joined()
    // What all rows are found by is said once.
    let words = rows.map { $0.search.split(separator: " ") }
    let shared = words.dropFirst().reduce(Set(words.first ?? [])) { $0.intersection($1) }
    let rows = zip(rows, words).map { row, words in
      var row = row
      row.search = words.filter { !shared.contains($0) }.joined(separator: " ")
      return row
    }
    let search =
      shared.isEmpty ? "" : " data-s=\"\(shared.sorted().joined(separator: " ").xmlEscaped)\""
    return frame(
      "<table class=\"data\"\(search)><thead><tr>\(head)</tr></thead>\n"
        + "<tbody>\n\(rows.map(\.html).joined(separator: "\n"))\n</tbody></table>")
  }

  /// A frame in which what is wider than the page scrolls, by the keyboard, too.
  static func frame(_ table: String) -> String {
    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
      + "\(ShellWords.table.attribute("aria-label"))>\(table)</div>"
  }

  /// A field that filters the rows of the table after it.
  static let filter =
    "<p class=\"tools js-only\"><label>\(ShellWords.filter.html) "
    + "<input type=\"search\" class=\"filter\"/></label> <output></output></p>"
}
