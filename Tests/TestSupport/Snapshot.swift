import Foundation

/// Texts that people read, pinned as files beside the tests.
public enum Snapshot {
  /// Why a snapshot did not match.
  public struct Mismatch: Error, CustomStringConvertible {
    /// What to look at, and how to accept it.
    public let description: String
  }

  /// Compares `text` with `Snapshots/<name>` beside the test file. Where `RECORD_SNAPSHOTS` is set
  /// it writes the file instead, and fails all the same, so that no run that records can pass.
  public static func check(_ text: String, _ name: String, testFile: String = #filePath) throws {
    let file = URL(fileURLWithPath: testFile).deletingLastPathComponent()
      .appendingPathComponent("Snapshots").appendingPathComponent(name)
    if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] != nil {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
      throw Mismatch(description: "recorded \(name); run again without RECORD_SNAPSHOTS")
    }
    guard let expected = FileManager.default.contents(atPath: file.path) else {
      throw Mismatch(description: "no snapshot \(name); record it with RECORD_SNAPSHOTS=1")
    }
    guard expected != Data(text.utf8) else { return }
    throw Mismatch(
      description:
        "\(name) differs: \(firstDifference(String(decoding: expected, as: UTF8.self), text))"
        + "\nif it should, record it with RECORD_SNAPSHOTS=1 and read the diff")
  }

  private static func firstDifference(_ expected: String, _ found: String) -> String {
    let old = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let new = found.split(separator: "\n", omittingEmptySubsequences: false)
    let line =
      zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset
      ?? min(old.count, new.count)
    let expectedLine = line < old.count ? String(old[line].prefix(300)) : "(end of file)"
    let foundLine = line < new.count ? String(new[line].prefix(300)) : "(end of file)"
    return "line \(line + 1)\n  expected: \(expectedLine)\n  found:    \(foundLine)"
  }
}
