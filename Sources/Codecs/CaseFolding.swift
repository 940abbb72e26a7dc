import CUtf8proc

/// Unicode's case folding, by utf8proc.
public enum CaseFolding {
  /// The one scalar to which `scalar` folds; nil where the folding has several.
  public static func simple(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    var result = [Int32](repeating: 0, count: 8)
    var boundary: Int32 = 0
    let count = utf8proc_decompose_char(
      Int32(scalar.value), &result, result.count, UTF8PROC_CASEFOLD, &boundary)
    return count == 1 ? Unicode.Scalar(UInt32(result[0])) : nil
  }
}
