import Foundation

/// How the bytes of a text file become text: as UTF-8, a leading U+FEFF being no content. Every
/// reader of text goes through here, or through the `TextStream` that follows the same rules.
public enum TextDecoding {
  /// U+FEFF in UTF-8, which some editors and spreadsheets write in front of a text.
  public static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// The content of a text file: its bytes behind a byte order mark.
  ///
  /// - Parameter asked: the operation, which opens every error.
  /// - Throws: kind `badData` where the file is UTF-16 or UTF-32, or no text at all.
  public static func content(of data: Data, asked: String) throws(InputError) -> Data {
    try check(data, asked: asked)
    return data.starts(with: byteOrderMark) ? data.dropFirst(byteOrderMark.count) : data
  }

  /// The text of a file that is UTF-8.
  ///
  /// - Throws: as `content(of:asked:)`, and where a byte is no UTF-8.
  public static func text(of data: Data, asked: String) throws(InputError) -> String {
    let content = try content(of: data, asked: asked)
    guard let text = String(validating: content, as: UTF8.self) else {
      throw InputError(
        .badData, asked: asked,
        found: "bytes that are not UTF-8, at byte \(firstBrokenByte(data))",
        hint: "convert the file to UTF-8, for example with iconv")
    }
    return text
  }

  /// Refuses a file whose first bytes `head` say that it holds no text, or text in another encoding.
  public static func check(_ head: some Collection<UInt8>, asked: String) throws(InputError) {
    if let foreign = ForeignContent(head) { throw foreign.error(asked: asked) }
    if let encoding = WideEncoding(head) {
      throw InputError(
        .badData, asked: asked, found: encoding.description,
        hint: "convert the file to UTF-8: iconv -f \(encoding.name) -t UTF-8 FILE > NEW")
    }
  }

  /// The place of the first byte, from 0, at which `bytes` are not UTF-8; their number where all are.
  public static func firstBrokenByte(_ bytes: some Collection<UInt8>) -> Int {
    var position = 0
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      position += UTF8.width(scalar)
    }
    return position
  }
}
