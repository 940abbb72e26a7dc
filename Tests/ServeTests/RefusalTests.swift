import Basics
import Foundation
import GPTQ
import Results
import Serve
import Sweep
import TestSupport
import Testing

@Suite("What tenbin serve refuses")
struct RefusalTests {
  @Test(
    "no address leads out of the folder",
    arguments: [
      "/studies/..%2Fsecret.sqlite", "/studies/%2E%2E%2Fsecret.sqlite", "/studies/../secret.sqlite",
      "/studies/..", "/studies/%2e%2e", "/../secret.sqlite", "/studies/%2Fetc%2Fpasswd",
      "/studies//etc/passwd",
      "/studies/a.sqlite%00.html", "/studies/%00", "/studies/a.sqlite%2F..%2F..%2Fsecret.sqlite",
      "/studies/%252e%252e%252fsecret.sqlite", "/studies/out.sqlite",
      "/studies/%C0%AE%C0%AE%C0%AFsecret.sqlite",
      "/studies/a.sqlite-wal", "/studies/.hidden.sqlite", "/studies/a.sqlite/", "/studies/%ZZ",
      "/studies/%4",
      "/api/trials?study=..%2Fsecret.sqlite", "/api/trials?study=out.sqlite",
      "/api/trials?study=%00",
      "/api/trials?study=/etc/passwd", "/studies/pipe.sqlite", "/studies/folder.sqlite",
    ])
  func escapes(target: String) async throws {
    try await ServedFolder.with { outside in
      try outside.add("secret.sqlite", ServedFolder.results(model: "secret-model"))
      let inside = ServedFolder(folder: outside.url("inside"))
      let manager = FileManager.default
      try manager.createDirectory(
        at: inside.url("folder.sqlite"), withIntermediateDirectories: true)
      try inside.add("a.sqlite")
      try inside.add(".hidden.sqlite", ServedFolder.results(model: "secret-model"))
      try manager.createSymbolicLink(
        at: inside.url("out.sqlite"), withDestinationURL: outside.url("secret.sqlite"))
      #expect(mkfifo(inside.url("pipe.sqlite").path, 0o600) == 0)
      let site = try inside.site()
      let answer = await site.get(target)
      // A slash at the end names the study itself.
      if target == "/studies/a.sqlite/" { return #expect(answer.status == 200) }
      #expect(answer.status == 400 || answer.status == 404, "\(answer.status)")
      #expect(!answer.text.contains("secret-model") && !answer.text.contains("root:x:"))
      #expect(await !site.get("/").text.contains("secret-model"))
    }
  }

  @Test("names that only look alike are other names")
  func canonical() async throws {
    try await ServedFolder.with { folder in
      try folder.add("\u{304C}.sqlite")
      let site = try folder.site()
      #expect(await site.get("/studies/%E3%81%8C.sqlite").status == 200)
      #expect(await site.get("/studies/%E3%81%8B%E3%82%99.sqlite").status == 404)
    }
  }

  @Test(
    "nothing can be written",
    arguments: ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get"])
  func methods(method: String) async throws {
    try await ServedFolder.with { folder in
      let url = try folder.add("a.sqlite")
      let before = try Data(contentsOf: url)
      let site = try folder.site("a.sqlite")
      let answer = await site.answer(
        RequestHead(method: method, target: "/studies/a.sqlite", host: "127.0.0.1"))
      #expect(answer.status == 405)
      #expect(answer.headers.contains { $0 == ("Allow", "GET, HEAD") })
      #expect(answer.text.contains("a server that only shows"))
      #expect(try Data(contentsOf: url) == before)
    }
  }

  /// A request that is refused, and in which words.
  struct Refused: Sendable {
    var method = "GET"
    var target: String
    var host = "localhost"
    var status: Int
    var asked: String
    var found: String
    var hint: String
  }

  @Test(
    "each refusal says what was asked, what is there, and what to do",
    arguments: [
      Refused(
        method: "POST", target: "/", status: 405, asked: "POST of /",
        found: "a server that only shows",
        hint: "use GET or HEAD; tenbin sweep run writes studies"),
      Refused(
        target: "/", host: "evil.example", status: 403,
        asked: "read from this server as evil.example",
        found: "it answers to 127.0.0.1, ::1, localhost only",
        hint: "open it by one of these names, or start it with --allow-host NAME"),
      Refused(
        target: "/%ZZ", status: 400, asked: "/%ZZ", found: "an address that names nothing",
        hint: "begin at /"),
      Refused(
        target: "/elsewhere", status: 404, asked: "the page /elsewhere", found: "no such page",
        hint: "the pages are / and /studies/NAME"),
      Refused(
        target: "/studies/c.sqlite", status: 404, asked: "the study c.sqlite",
        found: "no such study among those that are served", hint: "/ lists them"),
      Refused(
        target: "/api/trials", status: 400, asked: "/api/trials",
        found: "several studies, and no word of which",
        hint: "add ?study=NAME; /api/studies lists them"),
      Refused(
        target: "/api/weights?study=a.sqlite", status: 404, asked: "/api/weights",
        found: "no such table",
        hint:
          "there are studies, status, trials, evaluations, layers, divergence, next_tokens, spectra, weight_errors, calibration"
      ),
      Refused(
        target: "/api/trials?study=c.sqlite", status: 404, asked: "the study c.sqlite",
        found: "no such study among those that are served", hint: "/ lists them"),
    ])
  func words(refused: Refused) async throws {
    try await ServedFolder.with { folder in
      try folder.add("a.sqlite")
      try folder.add("b.sqlite")
      let answer = try await folder.site().answer(
        RequestHead(method: refused.method, target: refused.target, host: refused.host))
      #expect(answer.status == refused.status)
      guard refused.target.hasPrefix("/api") else {
        for part in [refused.asked, refused.found, refused.hint] {
          #expect(answer.text.contains(part), "\(answer.text)")
        }
        return
      }
      let json = try JSONDecoder().decode([String: [String: String]].self, from: answer.body)
      #expect(
        json == ["error": ["asked": refused.asked, "found": refused.found, "hint": refused.hint]])
    }
  }

  @Test("only names of this machine are answered")
  func hosts() async throws {
    try await ServedFolder.with { folder in
      try folder.add("a.sqlite")
      let site = try folder.site("a.sqlite", hosts: ["Box.local"])
      for host in [
        "localhost", "LOCALHOST:1", "127.0.0.1:8642", "[::1]:8642", "[::1]", "box.local:80",
      ] {
        #expect(await site.answer(RequestHead(target: "/", host: host)).status == 200, "\(host)")
      }
      let others = [
        "evil.example", "evil.example:8642", "localhost.evil.example", "127.0.0.1.evil.example", "",
        "localhost:8642@evil.example", "[::1", "::1", "localhost:x", "127.0.0.2", "0.0.0.0",
      ]
      for host in others {
        let answer = await site.answer(RequestHead(target: "/api/trials", host: host))
        #expect(answer.status == 403, "\(host)")
        #expect(
          answer.text.contains("start it with --allow-host NAME") && !answer.text.contains("demo"))
      }
      #expect(await site.answer(RequestHead(target: "/", host: nil)).status == 403)
    }
  }

  @Test("a study that cannot be read has a page that says why, and is read as soon as it can be")
  func unreadable() async throws {
    try await ServedFolder.with { folder in
      let url = try folder.add("a.sqlite")
      let good = try Data(contentsOf: url)
      // Half a study, and something else of that name.
      for (bytes, found) in [
        (good.prefix(5000), "a damaged SQLite file"), (Data(), "an empty file"),
        (
          Data("no database at all, but long enough to be one".utf8),
          "a file that SQLite did not write"
        ),
      ] {
        try bytes.write(to: url)
        let site = try folder.site("a.sqlite")
        let page = await site.get("/")
        #expect(page.status == 500 && page.text.contains(found), "\(page.status) \(found)")
        #expect(page.text.contains("このページは表示できません"))
        let api = await site.get("/api/trials")
        #expect(api.status == 503 && api.text.contains("\"error\":{\"asked\":"))
        #expect(await site.get("/api/status").text.contains("\"phase\":\"unreadable\""))
        try good.write(to: url)
        var again = page
        for _ in 0..<600 where again.status != 200 {
          try await Task.sleep(for: .milliseconds(100))
          again = await site.get("/")
        }
        #expect(again.status == 200 && again.text.contains("id=\"picks\""))
      }
      let site = try folder.site("a.sqlite")
      try FileManager.default.removeItem(at: url)
      let gone = await site.get("/")
      #expect(gone.status == 404 && gone.text.contains("no such file"), "\(gone.text.suffix(1500))")
    }
  }

  @Test("studies of older and later tenbins are shown as they are, and stay so")
  func schemas() async throws {
    try await ServedFolder.with { folder in
      let old = Repository.root.appendingPathComponent(
        "Tests/SweepTests/Fixtures/study-schema-1.sqlite")
      try FileManager.default.copyItem(at: old, to: folder.url("old.sqlite"))
      let later = try folder.add("later.sqlite")
      try Self.supersede(later)
      for name in ["old.sqlite", "later.sqlite"] {
        let before = try Data(contentsOf: folder.url(name))
        let site = try folder.site(name)
        let page = await site.get("/")
        #expect(page.status == 200 && page.text.contains("id=\"picks\""))
        #expect(page.text.contains("A later tenbin wrote this study") == (name == "later.sqlite"))
        #expect(try Data(contentsOf: folder.url(name)) == before)
      }
    }
  }

  /// Enters a migration that no tenbin knows.
  private static func supersede(_ url: URL) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); "
        + "c.execute(\"insert into grdb_migrations values ('99: of later')\"); c.commit()",
      url.path,
    ]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test("only a file or a folder is served")
  func nothing() throws {
    #expect(
      throws: InputError(
        .missing, asked: "serve /nowhere/x.sqlite", found: "nothing is there",
        hint: "give a study that tenbin sweep run writes, or a folder of them")
    ) { try ServedStudies("/nowhere/x.sqlite") }
    #expect(
      throws: InputError(
        .usage, asked: "serve /dev/null", found: "neither a file nor a folder",
        hint: "give a study that tenbin sweep run writes, or a folder of them")
    ) { try ServedStudies("/dev/null") }
  }
}
