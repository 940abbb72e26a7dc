import Analysis
import Foundation
import Report
import Testing

/// Pages to look at: `REPORT_PREVIEW=folder swift test --filter Preview` writes them there, and those
/// of every diagnosis (`*.json`) that lies there, in both languages, and all that the browser test opens
/// with the files beside them.
@Suite struct Preview {
  @Test(.enabled(if: ProcessInfo.processInfo.environment["REPORT_PREVIEW"] != nil))
  func writesPages() throws {
    let folder = ProcessInfo.processInfo.environment["REPORT_PREVIEW"] ?? ""
    let pages: [(name: String, fixture: StudyFixture)] = [
      ("demo", StudyFixture(hasMeasures: true)),
      ("wide", StudyFixture(layers: 80, bits: [2, 3, 4, 8], descActs: [false, true])),
      ("small", StudyFixture(bits: [4], groupSizes: [128], damps: [0.01], domains: ["wiki"])),
      ("no-base", StudyFixture(hasBase: false)),
    ]
    let studies =
      pages.map { ($0.name, $0.fixture.build()) } + [
        (
          "experts",
          CoveragePlotTests.study(layers: 24, experts: 8, cold: [[3, 2]: 0, [4, 1]: 9])
        ),
        (
          "experts-128",
          CoveragePlotTests.study(
            layers: 48, experts: 128, cold: [[0, 5]: 0, [3, 127]: 0, [3, 0]: 12, [47, 64]: 63])
        ),
      ]
    for (name, study) in studies {
      let text = HTMLReport.text(study)
      let file = URL(fileURLWithPath: folder).appendingPathComponent("\(name).html")
      try Data(text.utf8).write(to: file)
      #expect(text.utf8.count < 2_000_000)
    }
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["REPORT_PREVIEW"] != nil))
  func writesBrowserPages() throws {
    let folder = ProcessInfo.processInfo.environment["REPORT_PREVIEW"] ?? ""
    _ = try BrowserTests.write(BrowserTests.pages(), to: URL(fileURLWithPath: folder))
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["REPORT_PREVIEW"] != nil))
  func writesDiagnoses() throws {
    let folder = URL(
      fileURLWithPath: ProcessInfo.processInfo.environment["REPORT_PREVIEW"] ?? "")
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where name.hasSuffix(".json") {
      let file = folder.appendingPathComponent(name)
      let diagnosis = try Diagnosis(contentsOf: file, name: name)
      for language in CardLanguage.allCases {
        let page = DiagnosisPage.text(diagnosis, language: language)
        try Data(page.utf8).write(
          to: file.deletingPathExtension().appendingPathExtension("\(language.rawValue).html"))
      }
    }
  }
}
