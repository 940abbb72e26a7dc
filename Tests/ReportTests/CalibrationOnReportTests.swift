import Foundation
import Report
import Results
import Testing

@Suite("What a study says of its calibration set")
struct CalibrationOnReportTests {
  @Test("the counts are those of calibration.csv, in both languages")
  func counts() throws {
    let study = HTMLReportTests.small.build()
    let section = try Page.part("calibration", of: HTMLReport.text(study))
    #expect(section.contains("What calib.sqlite held") && section.contains("ラテン文字"))
    #expect(section.contains("8192 以上") && section.contains("フィルターで除いた行"))
    #expect(section.contains("white space left out"))
    #expect(section.contains("<span class=\"dim\"> ("))
    let csv = CalibrationCSV.text(study)
    #expect(csv.hasPrefix("group,name,value,share\nset,samples,3,\nset,tokens,12,\n"))
    #expect(csv.contains("\nsource,wiki.jsonl,8,0.666"))
    #expect(csv.contains("\nset,duplicate_documents,1,\n") && csv.contains("\nlost,duplicates,7,"))
    #expect(CalibrationCSV.json(study).contains("\"group\": \"script\", \"name\": \"kanji\""))
  }

  @Test("a study that kept none says so")
  func none() throws {
    var study = HTMLReportTests.small.build()
    study.environment.calibrationStatistics = nil
    let page = HTMLReport.text(study)
    #expect(!page.contains("id=\"calibration\""))
    #expect(try Page.part("absent", of: page).contains("Calibration set: the study is of an older"))
    #expect(CalibrationCSV.text(study) == "group,name,value,share\n")
  }
}
