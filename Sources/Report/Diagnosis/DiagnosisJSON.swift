import Analysis
import Basics
import Foundation

extension Diagnosis {
  /// The diagnosis as JSON, keys sorted, in snake_case (docs/diagnosis.md).
  public func json() -> String { AuditJSON.text(self) }

  /// Reads what `json()` wrote: the output of `tenbin diagnose --format json`.
  ///
  /// - Parameters:
  ///   - file: where it was written to.
  ///   - name: the file as its user named it.
  /// - Throws: an `InputError` of kind `missing`, `io` or `badData` where there is no diagnosis in it.
  public init(contentsOf file: URL, name: String) throws(InputError) {
    let asked = "read the diagnosis \(name)"
    let text = try InputFile.text(file, asked: asked, missing: Self.hint)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      self = try decoder.decode(Self.self, from: Data(text.utf8))
    } catch {
      throw InputError(.badData, asked: asked, found: Self.fault(error), hint: Self.hint)
    }
  }

  private static let hint =
    "give what tenbin diagnose MODEL … --format json printed, written to a file"

  /// What is wrong with the JSON, and where.
  private static func fault(_ error: any Error) -> String {
    func place(_ context: DecodingError.Context) -> String {
      context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
    }
    switch error as? DecodingError {
    case .keyNotFound(let key, let context):
      let parent = place(context)
      return "no \(key.stringValue)" + (parent.isEmpty ? "" : " in \(parent.dropFirst())")
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      let at = place(context)
      return at.isEmpty ? "JSON of another kind" : "\(at.dropFirst()) is of another type"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "\(place(context).dropFirst()) is none of its values"
    default: return "no JSON"
    }
  }
}
