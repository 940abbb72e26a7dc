import Foundation
import GRDB

/// A text in a SQLite file. One that holds U+0000, at which SQLite's texts end, is stored as the bytes
/// of its UTF-8.
struct StoredText: DatabaseValueConvertible {
  let text: String

  init(_ text: String) {
    self.text = text
  }

  /// The text in the column `name` of a row.
  init(_ row: Row, _ name: String) {
    text = (row[name] as StoredText?)?.text ?? ""
  }

  var databaseValue: DatabaseValue {
    text.utf8.contains(0) ? Data(text.utf8).databaseValue : text.databaseValue
  }

  static func fromDatabaseValue(_ value: DatabaseValue) -> StoredText? {
    switch value.storage {
    case .string(let text): StoredText(text)
    case .blob(let bytes): StoredText(String(decoding: bytes, as: UTF8.self))
    default: nil
    }
  }
}
