import Analysis
import Compute
import Foundation
import Tensor
import TestSupport
import Testing

/// Eigenvalues of Hessians, held against numpy's (make_spectrum.py).
@Suite("Spectra of Hessians")
struct SpectrumTests {
  private struct Fixture: Decodable {
    var levels: [Double]
    var cases: [Case]
  }

  struct Case: Decodable, CustomTestStringConvertible, Sendable {
    var name: String
    var rows: [[Double]]
    var dead: Int
    var mean_diagonal: Double
    var quantiles: [Double]
    var shares: [[Double]]
    var effective_rank: Double
    var condition_number: Double?

    var testDescription: String { name }

    var hessian: Matrix<Float> {
      Matrix(rows: rows.count, columns: rows.count, elements: rows.joined().map { Float($0) })
    }
  }

  private static let fixture: Fixture? = {
    guard let url = Bundle.module.url(forResource: "Fixtures", withExtension: nil),
      let data = try? Data(contentsOf: url.appendingPathComponent("spectrum.json"))
    else { return nil }
    return try? JSONDecoder().decode(Fixture.self, from: data)
  }()

  @Test("quantiles, shares below a damp, effective rank and condition are numpy's")
  func golden() throws {
    let fixture = try #require(Self.fixture)
    #expect(fixture.levels == HessianSpectrum.levels && fixture.cases.count == 4)
    let engine = CPUEngine()
    for one in fixture.cases {
      let spectrum = HessianSpectrum(
        engine.upload(one.hessian), damps: [0.005, 0.37, 0], engine: engine)
      #expect(spectrum.method == .exact && spectrum.inFeatures == one.rows.count)
      #expect(spectrum.deadColumns == one.dead)
      #expect(abs(spectrum.meanDiagonal / one.mean_diagonal - 1) < 1e-12)
      // Both in double on the same float32 numbers: what is left is LAPACK's own rounding, relative to the
      // largest eigenvalue.
      let allowed = 1e-12 * (one.quantiles.last ?? 1)
      for (mine, theirs) in zip(spectrum.quantiles, one.quantiles) {
        #expect(abs(mine - theirs) < allowed, "\(one.name)")
      }
      for share in one.shares { #expect(spectrum.share(below: share[0]) == share[1]) }
      // A damp that was asked for beside those that are always there; 0 is none.
      #expect(spectrum.share(below: 0.37) != nil && spectrum.share(below: 0) == nil)
      #expect(spectrum.share(below: 0.36) == nil)
      #expect(spectrum.shares.map(\.damp) == spectrum.shares.map(\.damp).sorted())
      #expect(abs(try #require(spectrum.effectiveRank) / one.effective_rank - 1) < 1e-6)
      let condition = try #require(spectrum.conditionNumber)
      if let expected = one.condition_number {
        #expect(abs(condition / expected - 1) < 1e-5)
      } else {
        #expect(condition > 1e6)
      }
      let damped = try #require(spectrum.conditionNumber(damp: 0.01))
      #expect(damped < condition && damped < (one.quantiles[10] + 0.01) / 0.0099)
    }
  }

  @Test("what is too wide, dead or no number is not decomposed, and says so")
  func none() throws {
    let engine = CPUEngine()
    let infinite = Float.infinity
    let broken = Matrix<Float>(
      rows: 3, columns: 3, elements: [1, infinite, 0, infinite, 1, 0, 0, 0, 1])
    for matrix in [broken, Matrix<Float>(rows: 3, columns: 3)] {
      let spectrum = HessianSpectrum(engine.upload(matrix), engine: engine)
      #expect(spectrum.method == .none && spectrum.quantiles.isEmpty && spectrum.shares.isEmpty)
      #expect(spectrum.conditionNumber == nil && spectrum.effectiveRank == nil)
      #expect(spectrum.quantile(0.5) == nil)
    }
    let wide = HessianSpectrum.widest + 1
    let spectrum = HessianSpectrum(engine.zeros(rows: wide, columns: wide), engine: engine)
    #expect(spectrum.inFeatures == wide && spectrum.deadColumns == wide)
  }

  @Test("the damps that every spectrum knows have round names")
  func damps() {
    #expect(HessianSpectrum.damps.first == 1e-6 && HessianSpectrum.damps.last == 1)
    #expect(Set(HessianSpectrum.damps).isSuperset(of: [0.005, 0.01, 0.025, 0.05, 0.1]))
    #expect(HessianSpectrum.damps.count == 19)
  }
}
