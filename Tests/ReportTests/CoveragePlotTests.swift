import Basics
import Foundation
import GPTQ
import Report
import Results
import Testing

/// The map of how many calibration tokens each expert was sent.
@Suite("Coverage of experts")
struct CoveragePlotTests {
  /// The study of `StudyFixture`, each MLP a choice of `experts`: every one got 64 tokens or more but
  /// those of `cold`, by layer and number.
  static func study(
    layers: Int, experts: Int, cold: [[Int]: Int], fixture: StudyFixture = StudyFixture()
  ) -> StudyResults {
    var fixture = fixture
    fixture.layers = layers
    var study = fixture.build()
    var random = SplitMix64(seed: 7)
    let tokens = (0..<layers).map { layer in
      (0..<experts).map { cold[[layer, $0]] ?? Int(64 * exp(3.5 * random.uniform())) }
    }
    for trial in study.trials.indices {
      study.trials[trial].modules = study.trials[trial].modules.flatMap { module in
        module.module.hasPrefix("mlp.")
          ? (0..<experts).map { expert($0, of: module, tokens[module.layer][$0]) } : [module]
      }
    }
    return study
  }

  private static func expert(_ number: Int, of dense: ModuleResult, _ tokens: Int) -> ModuleResult {
    var module = dense
    module.module = dense.module.replacing("mlp.", with: "mlp.experts.\(number).")
    module.expertTokens = tokens
    module.expertShare = Double(tokens) / 65_536
    module.hessianTokens = tokens == 0 ? 65_536 : tokens
    module.inFeatures = dense.module == "mlp.down_proj" ? 32 : 48
    module.relativeErrorHeldout *= 1 + Double(number % 3)
    if tokens == 0 { module.solverPath = .noTokens }
    return module
  }

  /// The cells drawn as `style`, as (column, row) of a grid whose cells are found from all of them.
  private static func cells(_ style: String, in drawing: String) throws -> Set<[Double]> {
    var cells: Set<[Double]> = []
    for part in drawing.components(separatedBy: "<path d=\"").dropFirst() {
      let pieces = part.components(separatedBy: "\" class=\"")
      guard pieces.count > 1, pieces[1].hasPrefix("\(style)\"") else { continue }
      for command in pieces[0].split(separator: "M") {
        let numbers = command.prefix { $0 != "h" }.split(separator: " ").compactMap { Double($0) }
        cells.insert(numbers)
      }
    }
    return cells
  }

  @Test("exactly the experts that were planted cold stand out, on a page and on a telephone")
  func planted() throws {
    let cold = [[0, 5]: 0, [3, 127]: 0, [3, 0]: 12, [47, 64]: 63, [20, 20]: 1]
    let results = Self.study(layers: 48, experts: 128, cold: cold)
    let markup = try Page.part("coverage", of: HTMLReport.text(results))
    #expect(markup.contains("Of 6,144, 2 got no token, 3 fewer than 64"))
    #expect(markup.contains("(in #1)"))
    let drawings = markup.components(separatedBy: "<svg class=\"").dropFirst()
      .filter { $0.hasPrefix("wide") || $0.hasPrefix("narrow") }
    #expect(drawings.count == 2)
    for drawing in drawings {
      // Experts across a page, down on a telephone.
      let size = drawing.hasPrefix("wide") ? (x: 7.0, y: 7.0) : (x: 6.0, y: 4.0)
      func place(_ cell: [Int]) -> [Double] {
        let (across, down) = drawing.hasPrefix("wide") ? (cell[1], cell[0]) : (cell[0], cell[1])
        return [34 + size.x * Double(across), 20 + size.y * Double(down)]
      }
      #expect(
        try Self.cells("cell unseen", in: drawing)
          == Set(cold.filter { $0.value == 0 }.keys.map(place)))
      #expect(
        try Self.cells("cell cold", in: drawing)
          == Set(cold.filter { $0.value > 0 }.keys.map(place)))
      let others = try (0..<16).map { try Self.cells("h\($0)", in: drawing) }
      #expect(others.reduce(0) { $0 + $1.count } == 6144 - cold.count)
      #expect(others.count { !$0.isEmpty } > 8)
      // Nothing reaches beyond the drawing.
      let width = drawing.hasPrefix("wide") ? 1000.0 : 344
      #expect(others.joined().allSatisfy { $0[0] + size.x <= width })
    }
    #expect(markup.contains("0 tokens: 127\n&lt; 64 tokens: 0 (12)</title>"))
    // 6,144 cells, twice, and their data.
    #expect(markup.utf8.count < 600_000)
  }

  @Test("its data are every expert's tokens")
  func data() throws {
    let results = Self.study(layers: 2, experts: 3, cold: [[1, 2]: 0])
    let page = HTMLReport.text(results)
    let link = try Page.inner(
      "download=\"coverage.csv\" href=\"data:text/csv;charset=utf-8,", "\"", in: page)
    let rows = try #require(link.removingPercentEncoding).split(separator: "\n")
    #expect(rows[0] == "trial,layer,expert,expert_tokens,expert_share,in_features")
    #expect(rows.count == 7 && rows[6] == "1,1,2,0,0.0,48")
    try Page.parse(Page.part("coverage", of: page))
  }

  @Test("enough for every expert: said, and nothing stands out")
  func allSeen() throws {
    let page = HTMLReport.text(Self.study(layers: 2, experts: 4, cold: [:]))
    let markup = try Page.part("coverage", of: page)
    #expect(markup.contains("All 8, with 64 tokens or more"))
    #expect(!markup.contains("unseen") && !markup.contains("cold"))
  }

  @Test("a model without experts has no such map")
  func dense() {
    #expect(!HTMLReport.text(StudyFixture().build()).contains("id=\"coverage\""))
  }

  @Test("the heat map of errors has one row for the experts of a layer, their mean")
  func errors() throws {
    let results = Self.study(layers: 48, experts: 128, cold: [:])
    let page = HTMLReport.text(results)
    #expect(page.utf8.count < 2_000_000)
    let map = try Page.part("heat-map", of: page)
    #expect(map.contains(">up*</text>") && map.contains("stand together (*), by their mean"))
    let link = try Page.inner(
      "download=\"heat-map.csv\" href=\"data:text/csv;charset=utf-8,", "\"", in: page)
    let rows = try #require(link.removingPercentEncoding).split(separator: "\n")
    let row = try #require(rows.first { $0.contains("layers.3.mlp.experts.*.up_proj") })
    let parts = row.split(separator: ",")
    let trial = try #require(results.trials.first { String($0.number) == parts[0] })
    let errors = trial.modules.filter { $0.layer == 3 && $0.kind == "mlp.experts.*.up_proj" }
      .map(\.relativeErrorHeldout)
    #expect(errors.count == 128)
    let mean = errors.reduce(0, +) / 128
    #expect(abs((Double(parts[2]) ?? 0) / mean - 1) < 1e-9)
  }
}
