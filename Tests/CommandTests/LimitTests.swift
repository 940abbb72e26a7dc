import Foundation
import TestSupport
import Testing

@Suite("A limit on the process ends a run in a sentence, and with 74", .serialized)
struct LimitTests {
  /// Kilobytes of addresses, from what hardly starts to what is enough.
  static let addresses = [
    220_000, 300_000, 400_000, 550_000, 700_000, 900_000, 1_200_000, 4_000_000,
  ]

  @Test(
    "of addresses, of data",
    arguments: addresses.flatMap { ["ulimit -v \($0)", "ulimit -d \($0)"] })
  func memory(limits: String) throws {
    try withTemporaryDirectory { folder in
      try FileManager.default.copyItem(
        at: Repository.demoModel, to: folder.appendingPathComponent("model"))
      let text = Repository.root.appendingPathComponent("notebooks-data/corpus/heldout-wiki.jsonl")
      for command in [
        "evaluate perplexity model --data \(text.path) --max-tokens 1024 --threads 2",
        "bench layer --shape llama-135m --samples 2 --seqlen 128",
        "doctor",
      ] {
        let process = try TenbinProcess(
          command.split(separator: " ").map(String.init), in: folder, limits: limits)
        #expect([0, 74].contains(process.status), "\(limits) \(command): \(process.errors)")
        if process.status == 74 {
          #expect(process.errors.contains("\n  found: "), "\(process.errors)")
          #expect(process.errors.contains(" of memory") || process.errors.contains("the memory"))
        }
        if limits.hasSuffix(" 4000000") { #expect(process.status == 0, "\(process.errors)") }
      }
    }
  }

  /// What has no plan: texts, tokens, a database. It must not wait for a thread that cannot be.
  @Test("of data, where a set is built", arguments: [12_000, 20_000, 30_000, 45_000, 200_000])
  func building(kilobytes: Int) throws {
    try withTemporaryDirectory { folder in
      let process = try TenbinProcess(
        [
          "calib", "build", "--source",
          Repository.root.appendingPathComponent("notebooks-data/corpus/jawiki-sample.xml").path,
          "--tokenizer", Repository.demoModel.path, "--output", "set.sqlite",
        ], in: folder, limits: "ulimit -d \(kilobytes)")
      #expect([0, 74].contains(process.status), "\(process.errors)")
      #expect(process.status == 0 || process.errors.contains("  hint: raise that limit"))
      #expect(kilobytes < 200_000 || process.status == 0)
      #expect(process.status == 0 || kilobytes > 12_000 || process.errors.contains("error: start"))
    }
  }

  @Test("of the size of a file: what was to be written is not there")
  func fileSize() throws {
    try withTemporaryDirectory { folder in
      let process = try TenbinProcess(
        [
          "calib", "build", "--source",
          Repository.root.appendingPathComponent("notebooks-data/corpus/jawiki-sample.xml").path,
          "--tokenizer", Repository.demoModel.path, "--take", "first:8", "--output", "set.sqlite",
        ], in: folder, limits: "ulimit -f 8")
      #expect(process.status == 74, "\(process.errors)")
      #expect(process.errors.contains("error: write "))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
  }

  @Test("of open files", arguments: [4, 5, 6, 8, 16])
  func openFiles(count: Int) throws {
    let process = try TenbinProcess(
      ["doctor"], in: Repository.root, limits: "ulimit -n \(count)")
    #expect(process.status == 74)
    let opened = try #require(process.errors.firstMatch(of: #/after (\d+); /#)).1
    #expect(
      process.errors == """
        error: start with 16 files that can be opened
          found: Too many open files after \(opened); ulimit -n is \(count)
          hint: raise it: ulimit -n 256

        """)
  }

  @Test("of threads: the environment and --threads, which comes first")
  func threads() throws {
    func summary(_ arguments: [String], _ environment: String) throws -> String {
      try TenbinProcess(["doctor"] + arguments, in: Repository.root, limits: environment).output
    }
    #expect(try summary([], "export OPENBLAS_NUM_THREADS=1").contains(" 1 thread"))
    #expect(try summary([], "export OMP_NUM_THREADS=1").contains(" 1 thread"))
    #expect(try summary(["--threads", "1"], "export OMP_NUM_THREADS=2").contains(" 1 thread"))
    let refused = try TenbinProcess(["doctor", "--threads", "0"], in: Repository.root)
    #expect(refused.status == 64 && refused.errors.contains("--threads 0: give 1 or more"))
  }
}
