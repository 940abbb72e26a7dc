import Foundation
import Testing

/// The plan's terms against the peak of a process, on a layer whose weights matter and on one whose
/// hidden states do; and with too little memory for those.
@Suite("Peak memory stays within the plan", .serialized)
struct MemoryTests {
  @Test("of a wide layer, of many tokens, and of many tokens within a budget")
  func plan() throws {
    let wide = try run(["--shape", "wide.json", "--samples", "1", "--seqlen", "256"])
    let many = try run(["--shape", "llama-135m", "--samples", "64", "--seqlen", "512"])
    let spilled = try run(
      ["--shape", "llama-135m", "--samples", "64", "--seqlen", "512", "--memory-budget", "500MB"])
    for found in [wide, many, spilled] {
      #expect(found.peak <= found.planned, "\(found)")
      // Nor is the plan a number that anything is below.
      #expect(found.peak > found.planned / 4, "\(found)")
    }
    #expect(wide.spilled == 0 && many.spilled == 0)
    #expect(spilled.spilled > 100_000_000 && spilled.planned <= 500_000_000)
    #expect(spilled.peak < many.peak)
  }

  private struct Found {
    var peak: Int
    var planned: Int
    var spilled: Int
  }

  private func run(_ arguments: [String]) throws -> Found {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("tenbin-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let config = """
      {"model_type": "llama", "hidden_size": 1536, "intermediate_size": 6144,
       "num_hidden_layers": 1, "num_attention_heads": 12, "vocab_size": 1024}
      """
    try config.write(
      to: folder.appendingPathComponent("wide.json"), atomically: true, encoding: .utf8)
    let process = try TenbinProcess(["bench", "layer", "--format", "json"] + arguments, in: folder)
    #expect(process.status == 0, "\(process.errors)")
    let rows = try JSONSerialization.jsonObject(with: Data(process.output.utf8))
    let row = try #require((rows as? [[String: Any]])?.first)
    return Found(
      peak: try #require(row["peak_rss_bytes"] as? Int),
      planned: try #require(row["planned_bytes"] as? Int),
      spilled: try #require(row["spilled_bytes"] as? Int))
  }
}
