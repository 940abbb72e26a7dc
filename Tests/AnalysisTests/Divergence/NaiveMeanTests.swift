import Analysis
import Testing

@Suite("Means of values taken for independent")
struct NaiveMeanTests {
  @Test("the error of eleven values; of ten it is not known")
  func stderr() {
    let values = (1...11).map(Double.init)
    // Σ(x − 6)² = 110: √(110/11/10).
    #expect(NaiveMean(values).value == 6 && abs(NaiveMean(values).stderr - 1) < 1e-12)
    #expect(NaiveMean(Array(values.prefix(10))).stderr.isNaN)
    #expect(NaiveMean([]).stderr.isNaN)
  }
}
