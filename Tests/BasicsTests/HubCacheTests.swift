import Basics
import Foundation
import TestSupport
import Testing

@Suite("Models and datasets by their names on the Hub")
struct HubCacheTests {
  static let commit = "0123456789abcdef0123456789abcdef01234567"
  static let other = "fedcba9876543210fedcba9876543210fedcba98"

  @Test(
    "what can be a name",
    arguments: [
      ("gpt2", "gpt2", nil, nil), ("org/name", "org/name", nil, nil),
      (
        "tokyotech-llm/Llama-3.1-Swallow-8B-v0.5", "tokyotech-llm/Llama-3.1-Swallow-8B-v0.5", nil,
        nil
      ),
      ("org/name@v1.0", "org/name", "v1.0", nil),
      ("org/name@refs/pr/3", "org/name", "refs/pr/3", nil),
      ("org/name@\(commit)/data/train.parquet", "org/name", commit, "data/train.parquet"),
    ] as [(String, String, String?, String?)])
  func names(text: String, repository: String, revision: String?, path: String?) throws {
    let name = try #require(HubName(text))
    #expect((name.repository, name.revision, name.path) == (repository, revision, path))
    #expect(name.description == text)
  }

  @Test(
    "what cannot",
    arguments: [
      "", "/", "a/b/c", "./a", "../a", "a/", "/a", "a--b/c", "a/b..c", "-a/b", "a/b.", "日本/語",
      "a b/c",
      "org/name@", "org/name@../../etc", "org/name@\(commit)/../../x", "org/name@\(commit)//x",
      "a/b.git",
      String(repeating: "a", count: 97),
    ])
  func noNames(text: String) { #expect(HubName(text) == nil) }

  @Test("where the cache is: the variables of the Hub's own tools, in their order")
  func root() {
    func root(_ environment: [String: String]) -> String {
      HubCache(environment: environment).root.path
    }
    #expect(root(["HOME": "/h"]) == "/h/.cache/huggingface/hub")
    #expect(root(["HOME": "/h", "XDG_CACHE_HOME": "/x"]) == "/x/huggingface/hub")
    #expect(root(["HOME": "/h", "XDG_CACHE_HOME": "/x", "HF_HOME": "~/f"]) == "/h/f/hub")
    #expect(root(["HOME": "/h", "HF_HOME": "/f", "HF_HUB_CACHE": "/c"]) == "/c")
    #expect(root(["HOME": "/h", "HF_HUB_CACHE": ""]) == "/h/.cache/huggingface/hub")
  }

  @Test("a model by name: the branch, a tag, a commit and its first letters; links are followed")
  func models() throws {
    try withCache { (cache, _) throws in
      let snapshot = "/models--org--name/snapshots/"
      for name in ["org/name", "org/name@main", "org/name@\(Self.commit)", "org/name@0123456"] {
        let url = try cache.model(name)
        #expect(url.path == cache.root.path + snapshot + Self.commit, "\(name)")
        #expect(HubSnapshot(url)?.repository == "org/name")
        #expect(HubSnapshot(url)?.commit == Self.commit)
        #expect(HubSnapshot.name(of: url) == "org/name")
        #expect(try cache.modelName(name, needs: []) == "org/name@\(Self.commit)")
        #expect(cache.url(of: "org/name@\(Self.commit)", .model) == url)
      }
      #expect(try cache.model("org/name@v2", needs: []).lastPathComponent == Self.other)
      #expect(try cache.model("single").path.hasSuffix("/models--single/snapshots/\(Self.commit)"))
    }
  }

  @Test("a path that is there wins, and one that is no name stays a path")
  func paths() throws {
    try withCache { (cache, folder) throws in
      let path = folder.path + "/models--org--name"
      #expect(try cache.model(path).path == path)
      #expect(try cache.model("no/such/folder/here").relativePath.hasSuffix("no/such/folder/here"))
      #expect(try cache.model("nothing").lastPathComponent == "nothing")
      #expect(try cache.dataset("corpus/ja.jsonl") == nil)
      #expect(try cache.dataset("corpus/ja.xml.bz2") == nil)
      #expect(HubSnapshot(URL(fileURLWithPath: path)) == nil)
    }
  }

  @Test("what is not there is one error with the line that downloads it")
  func missing() throws {
    try withCache { (cache, folder) throws in
      #expect(
        error { try cache.model("org/absent@v1") }
          == InputError(
            .missing, asked: "find the model org/absent@v1",
            found:
              "no such folder, and nothing of that name in the Hugging Face cache \(folder.path)",
            hint: "check the path, or download it: hf download org/absent --revision v1"))
      #expect(
        error { try cache.model("org/name@v9") }
          == InputError(
            .missing, asked: "find the model org/name@v9",
            found: "no revision v9 in the Hugging Face cache; it has 0123456789ab, fedcba987654",
            hint: "download it: hf download org/name --revision v9; or write org/name@0123456789ab")
      )
      // The index names a second shard, which is not there.
      #expect(
        error { try cache.model("org/name@v2") }
          == InputError(
            .missing, asked: "read the model org/name@v2",
            found: "no model-00002-of-00002.safetensors in the Hugging Face cache: "
              + "\(folder.path)/models--org--name/snapshots/\(Self.other)",
            hint: "download the rest: hf download org/name --revision v2"))
      #expect(
        error { try cache.dataset("org/absent") }?.hint
          == "check the path, or download it: hf download org/absent --repo-type dataset")
      #expect(
        error { try cache.dataset("org/pictures") }
          == InputError(
            .missing, asked: "read the dataset org/pictures",
            found: "no Parquet, JSONL or text file among 1 in "
              + "\(folder.path)/datasets--org--pictures/snapshots/\(Self.commit)",
            hint: "download them: hf download org/pictures --repo-type dataset"))
    }
  }

  @Test("a dataset by name: Parquet before JSONL, the split called train before others, in order")
  func datasets() throws {
    try withCache { (cache, folder) throws in
      let files = try #require(try cache.dataset("org/text"))
      #expect(
        files == [
          "org/text@\(Self.commit)/data/train-00000.parquet",
          "org/text@\(Self.commit)/data/train-00001.parquet",
        ])
      let root = folder.path + "/datasets--org--text/snapshots/\(Self.commit)"
      #expect(cache.url(of: files[1]).path == root + "/data/train-00001.parquet")
      #expect(cache.url(of: "plain.jsonl").lastPathComponent == "plain.jsonl")
    }
  }

  private func error(_ body: () throws -> some Any) -> InputError? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? InputError
    }
  }

  /// A cache as the Hub's tools leave one: files are links into `blobs`.
  private func withCache(_ body: (HubCache, URL) throws -> Void) throws {
    try withTemporaryDirectory { folder in
      func add(_ repository: String, _ commit: String, _ path: String, _ text: String = "{}") throws
      {
        let file = folder.appendingPathComponent("\(repository)/snapshots/\(commit)/\(path)")
        let blob = folder.appendingPathComponent("\(repository)/blobs/\(UUID().uuidString)")
        try AtomicOutput.write(text, to: blob)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(at: file, withDestinationURL: blob)
      }
      func refer(_ repository: String, _ revision: String, _ commit: String) throws {
        try AtomicOutput.write(
          commit + "\n", to: folder.appendingPathComponent("\(repository)/refs/\(revision)"))
      }
      try add("models--org--name", Self.commit, "config.json")
      try refer("models--org--name", "main", Self.commit)
      try add("models--org--name", Self.other, "config.json")
      try add("models--org--name", Self.other, "model-00001-of-00002.safetensors")
      try add(
        "models--org--name", Self.other, "model.safetensors.index.json",
        """
        {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
        """)
      try refer("models--org--name", "v2", Self.other)
      try add("models--single", Self.commit, "config.json")
      try refer("models--single", "main", Self.commit)
      for name in [
        "README.md", "data/train-00001.parquet", "data/train-00000.parquet", "data/test.parquet",
        "train.jsonl",
      ] {
        try add("datasets--org--text", Self.commit, name)
      }
      try refer("datasets--org--text", "main", Self.commit)
      try add("datasets--org--pictures", Self.commit, "one.png")
      try refer("datasets--org--pictures", "main", Self.commit)
      try body(HubCache(environment: ["HF_HUB_CACHE": folder.path]), folder)
    }
  }
}
