import Analysis
import Foundation
import Report
import Results
import TestSupport
import Testing

@Suite("next_tokens.csv")
struct NextTokensCSVTests {
  @Test("the base first; candidates of both models, then the places along the prompt")
  func rows() {
    let study = NextTokensFixture.study
    let rows = NextTokensCSV.text(study).split(separator: "\n").map(String.init)
    #expect(
      rows[0]
        == "trial,prompt,position,before,rank,base_rank,token,text,probability,base_probability,kld"
    )
    #expect(rows[1] == "base,0,4,日本の首都は,1,1,10,東京,0.625,0.625,0.0")
    #expect(rows.contains("base,0,2,日本,1,1,20,の,0.5,,0.0"))
    #expect(rows.contains("0,0,4,日本の首都は,1,2,11,京都,0.5,0.25,0.75"))
    #expect(rows.contains("0,0,4,日本の首都は,2,1,10,東京,0.25,0.625,0.75"))
    #expect(rows.contains("0,0,4,日本の首都は,3,,12,\\xE5,0.125,0.0625,0.75"))
    #expect(rows.contains("0,0,4,日本の首都は,,3,13,\" \"\"\",0.03125,0.125,0.75"))
    #expect(rows.contains("0,0,3,日本の,1,,22,\\n,0.75,,0.25"))
    #expect(rows.dropFirst().allSatisfy { $0.hasPrefix("base,") || $0.hasPrefix("0,") })
  }

  @Test("a study without prompts has the header alone")
  func none() {
    let study = StudyFixture(layers: 1, bits: [8], groupSizes: [64], damps: [0.01]).build()
    #expect(
      NextTokensCSV.text(study) == NextTokensCSV.columnNames.joined(separator: ",") + "\n")
    #expect(NextTokensCSV.json(study) == "[]\n")
  }

  @Test("docs/metrics.md names its columns")
  func documented() throws {
    let text = try String(
      contentsOf: Repository.root.appendingPathComponent("docs/metrics.md"), encoding: .utf8)
    #expect(text.contains("`" + NextTokensCSV.columnNames.joined(separator: ", ") + "`"))
  }
}
