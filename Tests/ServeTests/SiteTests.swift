import Basics
import Foundation
import Report
import Results
import Serve
import Sweep
import TestSupport
import Testing

@Suite("Answers of tenbin serve")
struct SiteTests {
  @Test("a folder lists its studies and nothing else, each with a page")
  func folder() async throws {
    try await ServedFolder.with { folder in
      try folder.add("b study.sqlite", ServedFolder.results(model: "org/<b>"))
      try folder.add("a.sqlite")
      try Data("text".utf8).write(to: folder.url("notes.txt"))
      let site = try folder.site()
      let list = await site.get("/")
      #expect(list.status == 200 && list.type == "text/html; charset=utf-8")
      #expect(list.text.contains("href=\"/studies/b%20study.sqlite\">b study.sqlite</a>"))
      #expect(list.text.contains("org/&lt;b&gt;") && !list.text.contains("org/<b>"))
      #expect(!list.text.contains("notes.txt"))
      let page = await site.get("/studies/b%20study.sqlite")
      #expect(page.status == 200)
      #expect(page.text.contains("2 complete") && page.text.contains("id=\"picks\""))
      #expect(page.text.contains("すべてのトライアルが終わりました"))
      #expect(page.text.contains("data-study=\"b%20study.sqlite\""))
      #expect(!page.text.contains(ServedPage.place))
      let part = await site.get("/studies/a.sqlite?part=live")
      #expect(part.text.hasPrefix("<p><a href=\"/\">") && !part.text.contains("<html"))
    }
  }

  @Test("one study is at the top, and alone")
  func only() async throws {
    try await ServedFolder.with { folder in
      try folder.add("a.sqlite")
      try folder.add("other.sqlite")
      let site = try folder.site("a.sqlite")
      #expect(await site.get("/").text.contains("id=\"picks\""))
      #expect(await site.get("/studies/a.sqlite").status == 200)
      #expect(await site.get("/studies/other.sqlite").status == 404)
      #expect(await site.get("/api/trials").status == 200)
    }
  }

  @Test("a page that its reader has is not sent again")
  func tags() async throws {
    try await ServedFolder.with { folder in
      try folder.add("a.sqlite")
      let site = try folder.site("a.sqlite")
      let page = await site.get("/")
      let tag = try #require(page.tag)
      #expect(await site.get("/", ifNoneMatch: tag).status == 304)
      #expect(await site.get("/", ifNoneMatch: "\"other\"").status == 200)
    }
  }

  @Test("every table of /api has the columns and the values of its CSV")
  func tables() async throws {
    try await ServedFolder.with { folder in
      let results = try Study(viewing: folder.add("a.sqlite")).results()
      let site = try folder.site()
      for table in StudyTables.all {
        let csv = await site.get("/api/\(table.name)?study=a.sqlite&format=csv")
        #expect(csv.type == "text/csv; charset=utf-8" && csv.text == table.text(results))
        let json = await site.get("/api/\(table.name)?study=a.sqlite")
        #expect(json.type == "application/json; charset=utf-8")
        let rows = try #require(
          try JSONSerialization.jsonObject(with: json.body) as? [[String: Any]])
        let records = Self.records(csv.text)
        #expect(rows.count == records.count - 1)
        for (row, record) in zip(rows, records.dropFirst()) {
          #expect(Set(row.keys) == Set(records[0]))
          for (name, field) in zip(records[0], record) {
            #expect(Self.agrees(row[name], field), "\(table.name).\(name): \(field)")
          }
        }
      }
      let trials = await site.get("/api/trials?study=a.sqlite").text
      #expect(trials.hasPrefix("[\n{\"trial\": 0, \"state\": \"complete\", \"companion\": null, "))
      #expect(trials.contains("\"desc_act\": false") && trials.contains("\"damp_percent\": 0.01,"))
      let evaluations = await site.get("/api/evaluations?study=a.sqlite").text
      #expect(
        evaluations.contains("{\"trial\": \"base\", ") && evaluations.contains("{\"trial\": 1, "))
    }
  }

  /// Whether a value of JSON is what a field of a CSV says; what is not finite is null.
  private static func agrees(_ value: Any?, _ field: String) -> Bool {
    switch value {
    case is NSNull: field.isEmpty || Double(field).map { !$0.isFinite } == true
    case let text as String: text == field
    case let number as NSNumber:
      field == "true" || field == "false"
        ? number.boolValue == (field == "true") : number.doubleValue == Double(field)
    default: false
    }
  }

  /// The records of a CSV, quotes taken away.
  private static func records(_ csv: String) -> [[String]] {
    var records: [[String]] = []
    var (record, field) = ([String](), String.UnicodeScalarView())
    var isQuoted = false
    var rest = csv.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\"" where isQuoted && rest.first == "\"":
        rest.removeFirst()
        field.append("\"")
      case "\"": isQuoted.toggle()
      case "," where !isQuoted, "\n" where !isQuoted:
        record.append(String(field))
        field = .init()
        if scalar == "\n" {
          records.append(record)
          record = []
        }
      default: field.append(scalar)
      }
    }
    return records
  }

  @Test("/api/status and /api/studies say how far each study has come")
  func status() async throws {
    try await ServedFolder.with { folder in
      try folder.add("a.sqlite")
      let site = try folder.site()
      let answer = await site.get("/api/status?study=a.sqlite")
      let status = try #require(
        try JSONSerialization.jsonObject(with: answer.body) as? [String: Any])
      #expect(status["phase"] as? String == "finished" && status["study"] as? String == "a.sqlite")
      #expect(status["counts"] as? [String: Int] == ["complete": 2])
      let trials = try #require(status["trials"] as? [[String: Any]])
      #expect(trials.count == 2 && trials[1]["settings"] as? String == "int4 g128 damp 0.1")
      #expect(trials[1]["layers"] as? Int == 2 && trials[1]["hidden_error"] as? Double == 0.25)
      let all = try #require(
        try JSONSerialization.jsonObject(with: await site.get("/api/studies").body)
          as? [[String: Any]])
      #expect(all.map { $0["study"] as? String } == ["a.sqlite"])
      // The version of the page is the page's own.
      let page = await site.get("/studies/a.sqlite").text
      let version = try #require(status["report"] as? String)
      #expect(page.contains("data-report=\"\(version)\""))
      #expect(await site.get("/api/trials").text.contains("/api/studies lists them"))
      #expect(await site.get("/api/nothing?study=a.sqlite").status == 404)
    }
  }

  @Test("a study that grows has another live part, and another page only when trials end")
  func growing() async throws {
    try await ServedFolder.with { folder in
      let url = folder.url("a.sqlite")
      let study = try Study(url)
      var config = TrialConfig()
      config.quantize.dampPercent = 0.01
      var waiting = try study.enter(TrialPlan([config]))
      let site = try folder.site()
      let first = await site.get("/api/status?study=a.sqlite").text
      #expect(first.contains("\"phase\":\"running\""))
      #expect(await site.get("/studies/a.sqlite").text.contains("a process has the study open"))
      for index in waiting.indices {
        waiting[index].state = .complete
        waiting[index].hiddenErrors = [0.5]
      }
      try study.save(waiting, base: [], environment: StudyEnvironment())
      var second = first
      for _ in 0..<600 where !second.contains("\"complete\":") {
        try await Task.sleep(for: .milliseconds(100))
        second = await site.get("/api/status?study=a.sqlite").text
      }
      #expect(second.contains("\"counts\":{\"complete\":"))
      withExtendedLifetime(study) {}
    }
  }
}
