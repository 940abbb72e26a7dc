import Foundation
import TestSupport
import Testing

@Suite("--device")
struct DeviceTests {
  private static let text = "text.jsonl"

  @Test(
    "every command that computes has it, and refuses what it does not know before anything else",
    arguments: [
      ["quantize", "model", "--calibration", text, "--output", "out"],
      ["sweep", "run", "sweep.yaml", "--study", "out"],
      ["evaluate", "perplexity", "model", "--data", text],
      ["evaluate", "divergence", "model", "model", "--data", text],
      ["audit", "model"],
      [
        "diagnose", "model", "--calibration", text, "--suspect", "a", "--baseline", "b",
        "--heldout", text,
      ],
      ["bench", "layer"], ["bench", "pass"], ["bench", "agreement", "model", "--data", text],
      ["doctor"],
      ["dump", "model", "--calibration", text, "--layers", "0", "--output", "out"],
    ])
  func unknown(command: [String]) throws {
    try withTemporaryDirectory { folder in
      let run = try TenbinProcess(command + ["--device", "tpu"], in: folder)
      #expect(run.status == 64)
      #expect(
        run.errors == """
          error: --device tpu
            found: no such device
            hint: give cpu, cuda, cuda:N with the number of a GPU, or several as cuda:0,1

          """)
      #expect(run.output.isEmpty)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left.isEmpty)
    }
  }

  @Test("cpu is known")
  func known() throws {
    try withTemporaryDirectory { folder in
      let run = try TenbinProcess(["doctor", "--device", "cpu"], in: folder)
      #expect(run.status == 0)
    }
  }
}
