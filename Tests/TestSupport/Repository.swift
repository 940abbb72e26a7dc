import Foundation

/// Paths of the checkout that the tests run in.
public enum Repository {
  /// The folder of Package.swift.
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  /// The bundled demo model.
  public static let demoModel = root.appendingPathComponent("notebooks-data/demo-model")
  /// The bundled corpus.
  public static let corpus = root.appendingPathComponent("notebooks-data/corpus")
  /// Real Japanese text beside the checkout: not committed, so tests on it skip where it is absent.
  public static let sharedData = root.deletingLastPathComponent().appendingPathComponent(
    "shared/data")

  /// Whether the real text is there.
  public static var hasSharedData: Bool {
    FileManager.default.fileExists(atPath: sharedData.path)
  }
}

/// Calls `body` with a new empty folder, which is removed afterwards.
@discardableResult
public func withTemporaryDirectory<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent(
    "tenbin-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: url) }
  return try body(url)
}
