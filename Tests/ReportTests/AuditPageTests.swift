import Analysis
import Foundation
import Report
import Testing

@Suite("Audits as text and as a page")
struct AuditPageTests {
  static func report() throws -> AuditReport {
    let json = """
      {"verdict": "defective",
       "findings": [
         {"defect": "packing_overflow", "level": "defective", "evidence": "7 codes <at> the bottom",
          "log10_bayes_factor": 12.3, "modules": ["a", "b", "c", "d"], "cost": "noise",
          "remedy": "--repair"},
         {"defect": "loader_refusal", "level": "note", "evidence": "x refuses: bits", "modules": [],
          "cost": "none", "remedy": "none"}],
       "header": {"bits": 8, "group_size": 64, "desc_act": true, "sym": true,
         "checkpoint_format": "gptq", "scales_dtypes": {"BF16": 2}, "quantized_modules": 2,
         "files": 1, "tensor_bytes": 1500000,
         "loaders": [{"loader": "x", "loads": false, "refusals": ["bits"], "remarks": [],
           "source": "x.py"}]},
       "modules": [
         {"name": "a", "shape": [64, 32], "code_entropy": 7.5, "end_rate": 0.01,
          "weight_error": 0.2, "rtn_weight_error": 0.006, "wrapped_codes": 7},
         {"name": "b", "shape": [64, 32], "code_entropy": 7.4, "end_rate": 0.01,
          "weight_error": 0.4, "rtn_weight_error": 0.006, "wrapped_codes": 0}],
       "coverage": {"items": [
         {"name": "a", "look": "compared", "result": "weights differ by 20 %"},
         {"name": "tokenizer.model", "look": "not_looked_at", "result": "tenbin reads <x>"}]}}
      """
    return try JSONDecoder().decode(AuditReport.self, from: Data(json.utf8))
  }

  @Test("the text names verdict, evidence, certainty, cost and remedy, and the worst module first")
  func text() throws {
    let text = AuditText.text(try Self.report(), name: "MODEL")
    for part in [
      "MODEL: defective; of all that a loader reads 1 compared with the base, 1 not looked at\n",
      "not looked at: tokenizer.model (tenbin reads <x>)", "8 bits, group_size 64", "BF16 x 2",
      "found: 7 codes", "10^12 times",
      "a, b, c and 1 more", "costs: noise", "do:    --repair",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    let worst = try #require(text.range(of: "worst modules"))
    let rest = text[worst.upperBound...]
    let (a, b) = (try #require(rest.range(of: "\na ")), try #require(rest.range(of: "\nb ")))
    #expect(b.lowerBound < a.lowerBound)
    let table = AuditText.findings(try Self.report())
    #expect(table.rows.count == 2)
    #expect(table.render(as: .csv).contains("defective,packing_overflow"))
  }

  @Test("in Japanese, labels and verdict")
  func japanese() throws {
    let text = AuditText.text(try Self.report(), name: "MODEL", language: .ja)
    for part in [
      "MODEL：欠陥あり（ローダーが読むもののうち、1 件を元モデルと比較、1 件を未検査）\n",
      "  未検査：tokenizer.model（tenbin reads <x>）\n", "欠陥：packing_overflow\n",
      "  確度：正常なチェックポイントの 10^12 倍の尤度\n", "  箇所：a, b, c ほか 1 個\n", "  影響：noise\n",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    let page = AuditPage.text(try Self.report(), name: "M", toolVersion: "0", language: .ja)
    #expect(page.contains("<html lang=\"ja\">") && page.contains("<title>M：欠陥あり</title>"))
    #expect(page.contains("id=\"lang-ja\" value=\"ja\" checked"))
    #expect(page.contains("<span class=\"ja\" lang=\"ja\">各ローダーでの扱い</span></h2>"))
    #expect(page.contains("<span class=\"ja\" lang=\"ja\">対処</span></dt><dd>--repair</dd>"))
  }

  @Test("the page is one file with everything escaped")
  func page() throws {
    let page = AuditPage.text(try Self.report(), name: "M<1>", toolVersion: "0")
    #expect(page.contains("<title>M&lt;1&gt;: defective</title>"))
    #expect(page.contains("id=\"lang-en\" value=\"en\" checked"))
    #expect(page.contains("<span class=\"ja\" lang=\"ja\">M&lt;1&gt;：欠陥あり</span>"))
    #expect(page.contains("7 codes &lt;at&gt; the bottom"))
    #expect(page.contains("refuses"))
    #expect(page.contains("tenbin reads &lt;x&gt;"))
    #expect(page.contains(">7</td>"))
    #expect(!page.contains("http"))
    #expect(!page.contains("Nothing is wrong"))
  }
}
