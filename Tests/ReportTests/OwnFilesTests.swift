import Basics
import Foundation
import Report
import Results
import Testing

@Suite("What report csv writes is known again")
struct OwnFilesTests {
  @Test(
    "every table and the data of every plot is tenbin's own, and is written anew without --force")
  func csv() {
    let study = StudyFixture(layers: 2, bits: [4, 8], groupSizes: [64, 128]).build()
    let tables = StudyTables.all.map { (name: $0.name, text: $0.text(study)) }
    let figures = FigureCSVs.all(study).map { (name: "figures/\($0.name)", text: $0.text) }
    #expect(figures.count > 9)
    for (name, text) in tables + figures {
      let content = FileContent(head: Data(text.utf8), name: "\(name).csv")
      #expect(content.kind == .csv && content.isOurs, "\(name): \(text.prefix(60))")
    }
  }
}
