import Analysis
import Compute
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("What a token tells of two models, in full")
struct TokenDetailTests {
  private let base = Matrix<Float>.gaussian(6, 100, seed: 1)
  private let trial = Matrix<Float>.gaussian(6, 100, seed: 2)
  private let targets: [Int32] = [3, 99, 0, 50, 61, 7]

  /// Details of the logits in tiles of `tile` columns.
  private func details(tile: Int) -> [TokenDetail] {
    var details = TokenDetails(targets: targets)
    for first in stride(from: 0, to: 100, by: tile) {
      let columns = first..<min(100, first + tile)
      func part(_ matrix: Matrix<Float>) -> Matrix<Float> {
        Matrix(
          rows: 6, columns: columns.count,
          elements: (0..<6).flatMap { row in columns.map { matrix[row, $0] } })
      }
      details.accumulate(base: part(base), trial: part(trial), firstToken: first)
    }
    return details.tokens
  }

  @Test("every number by its definition, whatever the tiles", arguments: [100, 33, 7])
  func definitions(tile: Int) {
    for (row, detail) in details(tile: tile).enumerated() {
      let (p, q) = (logSoftmax(base.row(row)), logSoftmax(trial.row(row)))
      let forward = zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
      let reverse = zip(p, q).reduce(0) { $0 + exp($1.1) * ($1.1 - $1.0) }
      #expect(abs(detail.statistics.kld - forward) < 1e-5)
      #expect(abs(detail.reverseKLD - reverse) < 1e-5)
      #expect(abs(detail.statistics.nll + q[Int(targets[row])]) < 1e-5)
      #expect(abs(detail.statistics.confidence - exp(p.max() ?? 0)) < 1e-6)
      func five(_ values: [Double]) -> Set<Int> {
        Set(values.indices.sorted { values[$0] > values[$1] }.prefix(5))
      }
      #expect(detail.sharedTopFive == five(p).intersection(five(q)).count)
    }
  }

  @Test("a model against itself: no divergence, all five shared; a vocabulary of three has three")
  func itself() {
    var details = TokenDetails(targets: [0, 1])
    let logits = Matrix<Float>.gaussian(2, 3, seed: 3)
    details.accumulate(base: logits, trial: logits, firstToken: 0)
    #expect(details.tokens.allSatisfy { $0.sharedTopFive == 3 && abs($0.reverseKLD) < 1e-9 })
  }

  private func logSoftmax(_ row: ArraySlice<Float>) -> [Double] {
    let maximum = row.map(Double.init).max() ?? 0
    let lse = maximum + log(row.reduce(0) { $0 + exp(Double($1) - maximum) })
    return row.map { Double($0) - lse }
  }
}

@Suite("Classes of tokens")
struct TokenClassTests {
  @Test(
    "by the first scalar that tells",
    arguments: [
      ("天秤", TokenClass.kanji), ("々", .kanji), ("𠮷", .kanji), ("の天", .kana), ("ー", .kana),
      ("ｶ", .kana), (" the", .latin), ("Ａ", .latin), ("é", .latin), ("3年", .digits),
      ("７", .digits), ("、", .punctuation), ("「", .punctuation), ("・", .punctuation),
      ("。\n", .punctuation), ("+", .other), ("\n\n", .other), ("한", .other), ("", .other),
      (" $5", .digits),
    ])
  func classes(text: String, expected: TokenClass) {
    #expect(TokenClass(text.utf8) == expected)
  }

  @Test("parts of a scalar are other; what stands whole beside them counts")
  func parts() {
    #expect(TokenClass([0xE5, 0xA4]) == .other)
    #expect(TokenClass([0xA9, 0xE3, 0x81, 0xAE]) == .kana)
  }
}
